package llmapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"time"
)

// inferenceRoutes serves the inference API.
func (s *Server) inferenceRoutes(mux *http.ServeMux) {
	mux.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) {
		status, word := s.health()
		writeJSON(w, status, statusAnswer{word})
	})
	mux.HandleFunc("POST /predictions/{model}", s.servePrediction)
	mux.HandleFunc("POST /predictions/{model}/{version}", s.servePrediction)
	for _, path := range []string{"/predictions/{model}", "/predictions/{model}/{version}"} {
		mux.HandleFunc(path, serveNotAllowed)
	}
}

// statusAnswer is TorchServe's answer where there is nothing but a sentence to say.
type statusAnswer struct {
	Status string `json:"status"`
}

// health is what a ping answers.
func (s *Server) health() (status int, word string) {
	if s.healthy() {
		return http.StatusOK, "Healthy"
	}
	return http.StatusInternalServerError, "Unhealthy"
}

func serveNotAllowed(w http.ResponseWriter, _ *http.Request) {
	faultf(notAllowed, "Requested method is not allowed, please refer to API document.").write(w)
}

func serveNotFound(w http.ResponseWriter, _ *http.Request) {
	faultf(resourceNotFound, "Requested resource is not found, please refer to API document.").write(w)
}

// servePrediction sends a text in chunks as it is generated. What goes wrong before the first one is answered with
// a status; afterwards the connection is cut, so that no client takes the text for complete.
func (s *Server) servePrediction(w http.ResponseWriter, r *http.Request) {
	in, err := s.readBody(w, r)
	if err != nil {
		asFault(err).write(w)
		return
	}
	begun := false
	flush := http.NewResponseController(w).Flush
	err = s.predict(r.Context(), prediction{model: r.PathValue("model"), version: r.PathValue("version"), input: in}, func(text string) error {
		if !begun {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			begun = true
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return flush()
	})
	switch {
	case err != nil && begun:
		panic(http.ErrAbortHandler)
	case err != nil:
		asFault(err).write(w)
	}
}

// readBody reads the input of a request within the bounds of size and time. Once a body has ended net/http lifts the
// deadline, so that an answer may take its time.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) (input, error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.options.ReadTimeout)) // only a test's recorder has none
	in, err := readInput(http.MaxBytesReader(w, r.Body, s.settings.MaxRequest), r.Header.Get("Content-Type"))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, faultf(requestTimeout, "The request did not arrive within %s.", s.options.ReadTimeout)
	}
	return in, err
}

// readInput reads a form, a JSON object, or a body that is the text itself.
func readInput(body io.Reader, contentType string) (input, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		media = "" // none, or nothing that says more: the text itself
	}
	in := input{}
	if media == "multipart/form-data" {
		return in, in.readMultipart(body, params["boundary"])
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, bodyFault(err)
	}
	switch media {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(data))
		if err != nil {
			return nil, faultf(badRequest, "the body is not a form: %s", err)
		}
		for name, values := range form {
			for _, v := range values {
				in[name] = append(in[name], value{text: v})
			}
		}
		return in, nil
	case "application/json":
		return in, in.readJSON(data)
	}
	in["text"] = []value{{text: string(data)}}
	return in, nil
}

// readJSON reads an object; null counts as a field that is not there.
func (in input) readJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return faultf(badRequest, "the body is not a JSON object: %s", plainJSON(err))
	}
	for name, raw := range fields {
		var text string
		switch {
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
			in[name] = []value{{text: text}}
		default:
			in[name] = []value{{text: string(raw), literal: true}}
		}
	}
	return nil
}

// bodyFault tells a body that is too long or too slow from one that breaks.
func bodyFault(err error) error {
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return faultf(tooLarge, "The request exceeds max_request_size (%d bytes).", long.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	return faultf(badRequest, "the body cannot be read: %s", err)
}

// readMultipart reads fields and files alike.
func (in input) readMultipart(body io.Reader, boundary string) error {
	if boundary == "" {
		return faultf(badRequest, "the body is multipart without a boundary")
	}
	parts := multipart.NewReader(body, boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bodyFault(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return bodyFault(fmt.Errorf("field %s: %w", part.FormName(), err))
		}
		in[part.FormName()] = append(in[part.FormName()], value{text: string(data)})
	}
}
