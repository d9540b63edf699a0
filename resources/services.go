package resources

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/inference-iac/terraform-provider-inference/internal/client"
	"github.com/inference-iac/terraform-provider-inference/internal/coordinator"
)

// Options are the resolved settings of one provider block.
type Options struct {
	Host           string // origin, without a trailing slash
	Token          string
	ClientID       string // OAuth machine-to-machine, instead of a token
	ClientSecret   string
	UserAgent      string
	RetryTimeout   time.Duration
	RequestTimeout time.Duration
	Settle         time.Duration // batch window
	Poll, PollMax  time.Duration
}

// Services is what all resources of one provider configuration share.
type Services struct {
	host        string
	client      *client.Client
	coordinator *coordinator.Coordinator
	plans       *planRegistry
	models      *modelInfos
}

// NewServices connects a client, a coordinator over it, and what plans remember.
func NewServices(o Options) (*Services, error) {
	c, err := client.New(client.Config{
		Host: o.Host, Token: o.Token, ClientID: o.ClientID, ClientSecret: o.ClientSecret, UserAgent: o.UserAgent,
		RetryTimeout: o.RetryTimeout, RequestTimeout: o.RequestTimeout, Log: log,
	})
	if err != nil {
		return nil, err
	}
	return &Services{
		host:   c.Host(),
		client: c,
		coordinator: coordinator.New(c, coordinator.Options{
			Settle: o.Settle, Poll: o.Poll, PollMax: o.PollMax,
			Log: log,
		}),
		plans:  newPlanRegistry(),
		models: newModelInfos(c),
	}, nil
}

// log writes under a subsystem of the provider's own, so that TF_LOG_PROVIDER_INFERENCE finds it. Fields never
// hold bodies or credentials; what is named like one is masked nevertheless.
func log(ctx context.Context, msg string, fields map[string]any) {
	ctx = tflog.NewSubsystem(ctx, "inference", tflog.WithLevelFromEnv("TF_LOG_PROVIDER_INFERENCE"))
	ctx = tflog.SubsystemMaskFieldValuesWithFieldKeys(ctx, "inference", "token", "client_secret", "authorization", "body")
	tflog.SubsystemInfo(ctx, "inference", msg, fields)
}
