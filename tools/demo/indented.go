package main

import "io"

// width is where a line of streamed text is broken, at the next space.
const width = 76

// indented sets streamed text off from the steps: every line starts four columns in, and long ones break at
// spaces, though nobody knows at any moment what comes next.
type indented struct {
	out    io.Writer
	column int
}

// Write implements io.Writer.
func (w *indented) Write(p []byte) (int, error) {
	var line []byte
	for _, c := range p {
		if c == '\n' || (c == ' ' && w.column >= width) {
			line = append(line, '\n')
			w.column = 0
			continue
		}
		if w.column == 0 {
			line = append(line, "    "...)
			w.column = 4
		}
		line = append(line, c)
		w.column++
	}
	if _, err := w.out.Write(line); err != nil {
		return 0, err
	}
	return len(p), nil
}
