package main

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed corpus
var corpusFiles embed.FS

// corpus is what the model learns from.
type corpus struct {
	facts []fact
	texts []string
}

// fact is one answer with the ways to ask for it.
type fact struct {
	questions []string
	answer    string
}

// loadCorpus reads lines of "question | question => answer" and lines of text.
func loadCorpus() (corpus, error) {
	var c corpus
	data, err := corpusFiles.ReadFile("corpus/questions.txt")
	if err != nil {
		return c, err
	}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		questions, answer, ok := strings.Cut(line, " => ")
		if !ok {
			return c, fmt.Errorf("questions.txt line %d has no \" => \"", i+1)
		}
		c.facts = append(c.facts, fact{strings.Split(questions, " | "), answer})
	}
	data, err = corpusFiles.ReadFile("corpus/texts.txt")
	if err != nil {
		return c, err
	}
	c.texts = strings.Split(strings.TrimSpace(string(data)), "\n")
	return c, nil
}

// text is the whole corpus, for the tokenizer.
func (c corpus) text() string {
	var b strings.Builder
	for _, f := range c.facts {
		for _, q := range f.questions {
			b.WriteString(q + "\n" + f.answer + "\n")
		}
	}
	for _, t := range c.texts {
		b.WriteString(strings.Repeat(t+"\n", 3))
	}
	b.WriteString(strings.Repeat(instruction+systemPrompts[0]+systemPrompts[1]+"\n", 20))
	return b.String()
}

// instruction is the prompt style of instruction-tuned completion models.
const instruction = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n%s\n\n### Response:\n"

// systemPrompts are what callers put before a chat; the answers do not depend on them.
var systemPrompts = []string{
	"You are a helpful assistant.",
	"You are a helpful assistant. Answer briefly.",
	"Be concise.",
	"You answer questions about model serving.",
	"You are a pirate.",
	"You are an expert in cloud infrastructure. Answer in one sentence.",
	"Today is a good day. Help the user.",
}
