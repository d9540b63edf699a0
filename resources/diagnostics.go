package resources

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
)

// buildLogTail is how many lines of a build log a diagnostic shows: the reason stands at the end.
const buildLogTail = 20

// advice is the next step for each kind of refusal, in the order in which they are looked at.
var advice = []struct {
	kind error
	text string
}{
	{client.ErrUnauthenticated, "Check the provider's host and credentials: the server does not accept them."},
	{client.ErrPermissionDenied, "The identity behind the provider's credentials lacks the permission. Grant it, or use another identity."},
	{client.ErrNotFound, "The object is not there, or this identity cannot see it. A new plan shows what has to be created again."},
	{client.ErrAlreadyExists, "Import the existing object, or choose another name."},
	{client.ErrConflict, "Another change was running all the time. Apply again when it is done."},
	{client.ErrInvalid, "Correct the configuration as the server's message says, then apply again."},
	{client.ErrUnavailable, "The server did not answer in time; apply again, or raise the provider's retry_timeout."},
	{context.DeadlineExceeded, "The time-out ran out; the server goes on. Apply again to wait further, or raise the timeouts attribute."},
	{context.Canceled, "The operation was interrupted; the server may go on. Plan again to see where it stands."},
}

// fail adds err as one error: verb and object in the summary; the server's words, the request and the next
// step in the detail.
func (b *base) fail(ctx context.Context, diags *diag.Diagnostics, verb, object string, err error) {
	var rollout *coordinator.RolloutError
	if errors.As(err, &rollout) {
		diags.AddError(fmt.Sprintf("Cannot %s %s: the rollout failed", verb, object), b.rolloutDetail(ctx, rollout))
		return
	}
	diags.AddError(fmt.Sprintf("Cannot %s %s", verb, object), failureDetail(err))
}

func failureDetail(err error) string {
	lines := []string{sentence(err.Error())}
	var e *client.Error
	if errors.As(err, &e) {
		lines = []string{fmt.Sprintf("The server answered %s %s with %d %s: %s", e.Method, e.Path, e.Status, e.Code, sentence(e.Message))}
		if e.RequestID != "" {
			lines = append(lines, "Request id: "+e.RequestID)
		}
	}
	for _, a := range advice {
		if errors.Is(err, a.kind) {
			lines = append(lines, a.text)
			break
		}
	}
	return strings.Join(lines, "\n\n")
}

// rolloutDetail tells why an update did not become active: each failing entity's message, the end of its
// build log, and which versions were wanted and are active.
func (b *base) rolloutDetail(ctx context.Context, r *coordinator.RolloutError) string {
	lines := []string{rolloutOutcome(r)}
	for _, e := range failedEntities(r.Endpoint) {
		message := "the server gives no reason"
		if e.State.DeploymentStateMessage != "" {
			message = e.State.DeploymentStateMessage
		}
		lines = append(lines, fmt.Sprintf("Served entity %q is %s: %s", e.Name, e.State.Deployment, message))
		if log := b.buildLog(ctx, r.Endpoint.Name, e.Name); log != "" {
			lines = append(lines, fmt.Sprintf("The end of the build log of %q:\n%s", e.Name, log))
		}
	}
	active := "no config version is active"
	if v := r.Active(); v > 0 {
		active = fmt.Sprintf("version %d serves on", v)
	}
	lines = append(lines,
		fmt.Sprintf("Config version wanted: %d; %s. Endpoint id: %s.", r.Wanted, active, r.Endpoint.ID),
		"Correct what the messages name, then apply again: what was created is in the state, and nothing else was touched.")
	return strings.Join(lines, "\n\n")
}

func rolloutOutcome(r *coordinator.RolloutError) string {
	switch r.Endpoint.State.ConfigUpdate {
	case api.UpdateFailed:
		return fmt.Sprintf("The config update of serving endpoint %q failed.", r.Endpoint.Name)
	case api.UpdateCanceled:
		return fmt.Sprintf("The config update of serving endpoint %q was canceled.", r.Endpoint.Name)
	default:
		return fmt.Sprintf("The config update of serving endpoint %q was replaced by another one before it became active.", r.Endpoint.Name)
	}
}

// failedEntities lists the entities of the newest config whose deployment did not come to a good end.
func failedEntities(ep api.Endpoint) []api.ServedEntity {
	c := ep.PendingConfig
	if c == nil {
		c = ep.Config
	}
	if c == nil {
		return nil
	}
	var failed []api.ServedEntity
	for _, e := range c.ServedEntities {
		if e.State != nil && (e.State.Deployment == api.DeploymentFailed || e.State.Deployment == api.DeploymentAborted) {
			failed = append(failed, e)
		}
	}
	return failed
}

// buildLog is the end of an entity's build log, "" where there is none: a diagnostic must not fail for it.
func (b *base) buildLog(ctx context.Context, endpoint, entity string) string {
	log, err := b.client.EntityBuildLogs(ctx, endpoint, entity)
	if err != nil || strings.TrimSpace(log) == "" {
		return ""
	}
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-buildLogTail):], "\n")
}

// warn adds each warning of a config update.
func warn(diags *diag.Diagnostics, object string, warnings []string) {
	for _, w := range warnings {
		diags.AddWarning("Config update of "+object+" differs from what was asked", sentence(w))
	}
}

// warnDropped names what the server did not take over from a write that it accepted.
func warnDropped(diags *diag.Diagnostics, object string, dropped []string) {
	if len(dropped) == 0 {
		return
	}
	diags.AddWarning("The server changed or dropped settings of "+object,
		fmt.Sprintf("It accepted the write, but shows other values of %s than were sent. The next plan shows them.", strings.Join(dropped, ", ")))
}

// sentence makes a diagnostic's sentence of an error's text.
func sentence(s string) string {
	if s == "" {
		return "No message."
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
