package resources

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
)

var (
	_ datasource.DataSourceWithConfigure        = &invocation{}
	_ datasource.DataSourceWithConfigValidators = &invocation{}
)

// invocation is inference_invocation: a question to an endpoint, for checks and tests.
type invocation struct{ dataBase }

// NewInvocationDataSource returns the data source inference_invocation.
func NewInvocationDataSource() datasource.DataSource { return &invocation{} }

type invocationModel struct {
	EndpointName     types.String  `tfsdk:"endpoint_name"`
	ServedEntityName types.String  `tfsdk:"served_entity_name"`
	Prompt           types.String  `tfsdk:"prompt"`
	Body             types.String  `tfsdk:"body"`
	MaxTokens        types.Int64   `tfsdk:"max_tokens"`
	Temperature      types.Float64 `tfsdk:"temperature"`
	Text             types.String  `tfsdk:"text"`
	Response         types.String  `tfsdk:"response"`
	AnsweredBy       types.String  `tfsdk:"answered_by"`
	LatencyMS        types.Int64   `tfsdk:"latency_ms"`
	PromptTokens     types.Int64   `tfsdk:"prompt_tokens"`
	CompletionTokens types.Int64   `tfsdk:"completion_tokens"`
	TotalTokens      types.Int64   `tfsdk:"total_tokens"`
}

// Metadata names the data source.
func (d *invocation) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_invocation"
}

// Schema describes the data source.
func (d *invocation) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Invokes an endpoint whenever it is read: for `check` blocks and `terraform test`. Invocations may cost money, and their answers stand in the state.",
		Attributes: map[string]schema.Attribute{
			"endpoint_name":      schema.StringAttribute{Required: true, MarkdownDescription: "Serving endpoint to invoke."},
			"served_entity_name": schema.StringAttribute{Optional: true, MarkdownDescription: "Served entity that shall answer; left out, the traffic split decides."},
			"prompt": schema.StringAttribute{Optional: true, MarkdownDescription: "Text to send: as a user's message where the endpoint's task is chat, as the input of an embedding, " +
				"as a prompt otherwise. Exclusive with `body`."},
			"body":              schema.StringAttribute{Optional: true, MarkdownDescription: "Whole request as JSON, for every other shape. Exclusive with `prompt`."},
			"max_tokens":        schema.Int64Attribute{Optional: true, Validators: []validator.Int64{int64validator.AtLeast(1)}, MarkdownDescription: "Most tokens to generate, with `prompt`."},
			"temperature":       schema.Float64Attribute{Optional: true, Validators: []validator.Float64{float64validator.Between(0, 2)}, MarkdownDescription: "Sampling temperature from 0 (greedy) to 2, with `prompt`."},
			"text":              schema.StringAttribute{Computed: true, MarkdownDescription: "First text of the answer; null where it has none."},
			"response":          schema.StringAttribute{Computed: true, MarkdownDescription: "Whole answer as JSON."},
			"answered_by":       schema.StringAttribute{Computed: true, MarkdownDescription: "Served entity that answered."},
			"latency_ms":        schema.Int64Attribute{Computed: true, MarkdownDescription: "Milliseconds from request to answer."},
			"prompt_tokens":     schema.Int64Attribute{Computed: true, MarkdownDescription: "Tokens of the input; null where the answer does not count them."},
			"completion_tokens": schema.Int64Attribute{Computed: true, MarkdownDescription: "Tokens of the answer; null where it does not count them."},
			"total_tokens":      schema.Int64Attribute{Computed: true, MarkdownDescription: "Tokens in all; null where the answer does not count them."},
		},
	}
}

// ConfigValidators wants one of the two ways to ask, and parameters only where they are sent.
func (d *invocation) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("prompt"), path.MatchRoot("body")),
		datasourcevalidator.Conflicting(path.MatchRoot("body"), path.MatchRoot("max_tokens")),
		datasourcevalidator.Conflicting(path.MatchRoot("body"), path.MatchRoot("temperature")),
	}
}

// Read asks.
func (d *invocation) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m invocationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.configured(&resp.Diagnostics) {
		return
	}
	object := endpointObject(m.EndpointName.ValueString())
	body, err := d.body(ctx, m)
	if err != nil {
		d.fail(ctx, &resp.Diagnostics, "invoke", object, err)
		return
	}
	answer, err := d.client.Invoke(ctx, m.EndpointName.ValueString(), m.ServedEntityName.ValueString(), body)
	if err != nil {
		d.fail(ctx, &resp.Diagnostics, "invoke", object, err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m.answered(answer))...)
}

// body is the configured one, or the prompt in the shape of the endpoint's task.
func (d *invocation) body(ctx context.Context, m invocationModel) ([]byte, error) {
	if known(m.Body) {
		if !json.Valid([]byte(m.Body.ValueString())) {
			return nil, fmt.Errorf("the body is no JSON; use jsonencode")
		}
		return []byte(m.Body.ValueString()), nil
	}
	ep, err := d.coordinator.Snapshot(ctx, m.EndpointName.ValueString())
	if err != nil {
		return nil, err
	}
	text := &api.StringList{Values: []string{m.Prompt.ValueString()}, Single: true}
	in := api.Invocation{Generation: api.Generation{Temperature: m.Temperature.ValueFloat64Pointer()}}
	if known(m.MaxTokens) {
		n := int(m.MaxTokens.ValueInt64())
		in.MaxTokens = &n
	}
	switch ep.Task {
	case api.TaskChat:
		in.Messages = []api.ChatMessage{{Role: "user", Content: m.Prompt.ValueString()}}
	case api.TaskEmbeddings:
		in.Input = text
	default:
		in.Prompt = text
	}
	return json.Marshal(in)
}

// answered fills in what came back.
func (m invocationModel) answered(a client.Answer) invocationModel {
	var body struct {
		Choices     []api.Choice            `json:"choices"`
		Usage       *api.Usage              `json:"usage"`
		Predictions json.RawMessage         `json:"predictions"`
		Metadata    *api.PredictionMetadata `json:"metadata"`
	}
	_ = json.Unmarshal(a.Body, &body) // custom models answer as they like; the whole answer stands in response
	m.Response = types.StringValue(string(a.Body))
	m.AnsweredBy = orNull(a.Entity)
	m.LatencyMS = types.Int64Value(a.Latency.Milliseconds())
	m.Text = firstText(body.Choices, body.Predictions)
	m.PromptTokens, m.CompletionTokens, m.TotalTokens = types.Int64Null(), types.Int64Null(), types.Int64Null()
	switch u, p := body.Usage, body.Metadata; {
	case u != nil:
		m.PromptTokens, m.CompletionTokens, m.TotalTokens = tokens(u.PromptTokens), tokens(u.CompletionTokens), tokens(u.TotalTokens)
	case p != nil:
		m.PromptTokens, m.CompletionTokens, m.TotalTokens = tokens(p.InputTokens), tokens(p.OutputTokens), tokens(p.TotalTokens)
	}
	return m
}

func tokens(n int) types.Int64 { return types.Int64Value(int64(n)) }

func firstText(choices []api.Choice, predictions json.RawMessage) types.String {
	if len(choices) > 0 {
		switch c := choices[0]; {
		case c.Message != nil:
			return types.StringValue(c.Message.Content)
		case c.Text != nil:
			return types.StringValue(*c.Text)
		}
	}
	var rows []api.Prediction
	if err := json.Unmarshal(predictions, &rows); err == nil && len(rows) > 0 && len(rows[0].Candidates) > 0 {
		return types.StringValue(rows[0].Candidates[0].Text)
	}
	return types.StringNull()
}
