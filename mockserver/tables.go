package mockserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// maxPayload bounds what a row keeps of a request and of an answer, in bytes.
const maxPayload = 1 << 20

// tableRow is a line of an inference table.
type tableRow struct {
	RequestTime time.Time `json:"request_time"`
	Endpoint    string    `json:"endpoint_name"`
	Entity      string    `json:"served_entity_name"`
	Requester   string    `json:"requester"`
	Status      int       `json:"status_code"`
	DurationMS  float64   `json:"execution_duration_ms"`
	Request     string    `json:"request"`
	Response    string    `json:"response"`

	file string
}

// tables writes inference tables as files of JSON lines, one for each table, off the request path. Without a
// directory it writes nothing.
type tables struct {
	dir    string
	logger *slog.Logger

	mu     sync.Mutex
	rows   chan tableRow // nil until the first row, and after close
	closed bool
	done   chan struct{}
}

// file is where an endpoint's rows go; ok is false where it has no enabled table.
func (t *tables) file(r *record) (string, bool) {
	if t.dir == "" || r.AIGateway == nil || r.AIGateway.InferenceTableConfig == nil || !deref(r.AIGateway.InferenceTableConfig.Enabled) {
		return "", false
	}
	c := r.AIGateway.InferenceTableConfig
	name := strings.Join([]string{plainName(c.CatalogName), plainName(c.SchemaName), plainName(c.TableNamePrefix) + "_payload"}, ".")
	return filepath.Join(t.dir, name+".jsonl"), true
}

// plainName keeps what a request says from naming any other file.
func plainName(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') {
			return c
		}
		return '_'
	}, s)
}

// add hands a row to the writer, which starts with the first one.
func (t *tables) add(row tableRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if t.rows == nil {
		t.rows, t.done = make(chan tableRow, 1024), make(chan struct{})
		go t.run(t.rows, t.done)
	}
	t.rows <- row
}

func (t *tables) run(rows <-chan tableRow, done chan<- struct{}) {
	defer close(done)
	files := map[string]*os.File{}
	for row := range rows {
		if err := appendRow(files, row); err != nil {
			t.logger.Error("inference table", "error", err)
		}
	}
	for _, f := range files {
		if err := f.Close(); err != nil {
			t.logger.Error("inference table", "error", err)
		}
	}
}

func appendRow(files map[string]*os.File, row tableRow) error {
	f := files[row.file]
	if f == nil {
		var err error
		if f, err = os.OpenFile(row.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return err
		}
		files[row.file] = f
	}
	b, err := json.Marshal(row)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return err
}

// close writes what is left.
func (t *tables) close() {
	t.mu.Lock()
	rows, done := t.rows, t.done
	t.rows, t.closed = nil, true
	t.mu.Unlock()
	if rows != nil {
		close(rows)
		<-done
	}
}

// log makes a row of an invocation when its answer has been written, or at once if it was refused.
func (t *tables) log(s *Server, x *exchange, r *record, entity string, resp response, err error) response {
	file, ok := t.file(r)
	if !ok {
		return resp
	}
	row := tableRow{
		RequestTime: x.now, Endpoint: r.Name, Entity: entity, Requester: x.user,
		Status: http.StatusOK, Request: string(x.body[:min(len(x.body), maxPayload)]), file: file,
	}
	if err != nil {
		e := asRefusal(err)
		row.Status, row.Response = e.status, fmt.Sprintf(`{"error_code":%q,"message":%q}`, e.code, e.message)
		row.DurationMS = milliseconds(s.now().Sub(x.now))
		t.add(row)
		return resp
	}
	return &loggedResponse{resp, func(answer []byte) {
		row.Response, row.DurationMS = string(answer), milliseconds(s.now().Sub(x.now))
		t.add(row)
	}}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// loggedResponse keeps what is written of an answer.
type loggedResponse struct {
	response
	log func(answer []byte)
}

func (l *loggedResponse) write(w http.ResponseWriter) error {
	tee := &teeWriter{ResponseWriter: w}
	err := l.response.write(tee)
	l.log(tee.kept.Bytes())
	return err
}

type teeWriter struct {
	http.ResponseWriter
	kept bytes.Buffer
}

func (t *teeWriter) Write(b []byte) (int, error) {
	t.kept.Write(b[:min(len(b), maxPayload-min(maxPayload, t.kept.Len()))])
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush.
func (t *teeWriter) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// checkPayload refuses bodies above the limit of endpoints that are not of custom models: 4 MB.
func checkPayload(r *record, size int) error {
	if spec, ok := r.firstSpec(); ok && kindOf(spec) != kindCustom && size > smallBodyLimit {
		return refuse(http.StatusRequestEntityTooLarge, api.CodeBadRequest, "The request body exceeds the limit of %d bytes.", smallBodyLimit)
	}
	return nil
}

// smallBodyLimit is the limit of external and foundation models (reference 1.0).
const smallBodyLimit = 4 << 20
