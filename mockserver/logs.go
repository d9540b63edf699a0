package mockserver

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// entityIn finds a served entity in what rolls out or failed, then in what is active.
func (r *record) entityIn(name string) (e served, v *revision, err error) {
	for _, v := range []*revision{r.Pending, r.Active} {
		if e, ok := v.entity(name); ok {
			return e, v, nil
		}
	}
	return served{}, nil, refuse(http.StatusNotFound, api.CodeNotFound, "Endpoint '%s' has no served entity '%s'.", r.Name, name)
}

// logs answers get_logs: the service log of an entity, and what the engine printed that was launched for it.
func (s *Server) logs(x *exchange) (api.Logs, error) {
	return s.entityLog(x, func(b *logBuilder, r *record, e served, done int, failed bool) {
		for i, st := range e.Plan {
			if st.Name == StageBuild {
				continue
			}
			b.stage(e, i, done, failed)
		}
		if done == len(e.Plan) && !failed {
			b.line("served entity %s is ready", e.Spec.Name)
		}
		for _, line := range s.upstreams.fleet.lines(r.engineKey(e)) {
			b.at = line.At
			b.line("engine: %s", line.Text)
		}
	})
}

// buildLogs answers get_build_logs: the log of the image build.
func (s *Server) buildLogs(x *exchange) (api.Logs, error) {
	return s.entityLog(x, func(b *logBuilder, _ *record, e served, done int, failed bool) {
		switch {
		case e.Spec.ExternalModel != nil:
			b.line("external models have no container image")
		case !e.builds():
			b.line("reusing the container image of %s version %s", e.Spec.EntityName, e.Spec.EntityVersion)
		default:
			b.stage(e, 0, done, failed)
		}
		if failed && e.Failure != nil && e.Failure.BuildLog != "" {
			b.text.WriteString(strings.TrimRight(e.Failure.BuildLog, "\n") + "\n")
		}
	})
}

func (s *Server) entityLog(x *exchange, write func(b *logBuilder, r *record, e served, done int, failed bool)) (api.Logs, error) {
	r, err := x.tenant.get(x.vars["name"], s.opts.Progression, x.now)
	if err != nil {
		return api.Logs{}, err
	}
	e, v, err := r.entityIn(x.vars["entity"])
	if err != nil {
		return api.Logs{}, err
	}
	at := math.Inf(1)
	failed := false
	if v == r.Pending {
		at = s.opts.Progression.progress(v, x.now)
		if v.Failed != nil {
			_, at = firstFailure(v, s.opts.Progression)
			failed = e.Failure != nil
		}
	}
	b := &logBuilder{at: v.Started}
	write(b, r, e, stagesDone(e, s.opts.Progression, at), failed)
	return api.Logs{Logs: b.text.String()}, nil
}

// logBuilder writes lines with the real durations of stages, whatever the progression is.
type logBuilder struct {
	at   time.Time
	text strings.Builder
}

func (b *logBuilder) line(format string, args ...any) {
	fmt.Fprintf(&b.text, "[%s] %s\n", b.at.UTC().Format(time.DateTime), fmt.Sprintf(format, args...))
}

// stage writes stage i of an entity of which done stages are over.
func (b *logBuilder) stage(e served, i, done int, failed bool) {
	if i > done {
		return
	}
	name := e.Plan[i].Name
	b.line("%s: started for %s version %s", name, e.Spec.EntityName, e.Spec.EntityVersion)
	if failed && e.Failure.At == i {
		b.at = b.at.Add(e.Plan[i].Duration)
		b.line("%s: failed: %s", name, e.Failure.Message)
		return
	}
	if i < done {
		b.at = b.at.Add(e.Plan[i].Duration)
		b.line("%s: done after %s", name, e.Plan[i].Duration)
	}
}
