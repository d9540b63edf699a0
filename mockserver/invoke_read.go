package mockserver

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// form is the shape of an answer.
type form int

const (
	formPredictions form = iota // of the four pandas and tensor shapes
	formChat
	formCompletion
)

// query is an invocation whose shape no longer matters.
type query struct {
	form         form
	generations  []generation // one per prompt or row
	inputs       []string     // of an embeddings request; nil otherwise
	seeded       bool         // the request asks for reproducible text
	includeUsage bool
	packed       bool // embeddings in base64
}

// readInvocation turns any body into a query: exactly one of the documented shapes must be there, and it
// must fit the task.
func readInvocation(req api.Invocation, task string) (query, error) {
	shape, err := shapeOf(req)
	if err != nil {
		return query{}, err
	}
	if (shape == "input") != (task == api.TaskEmbeddings) && task != "" {
		return query{}, badRequest("The served entity's task is %s, which does not take '%s'.", task, shape)
	}
	base, err := readGeneration(req.Generation, "")
	if err == nil {
		base, err = readAliases(req, base)
	}
	if err != nil {
		return query{}, err
	}
	q := query{seeded: req.Seed != nil, includeUsage: req.StreamOptions != nil && req.StreamOptions.IncludeUsage}
	switch shape {
	case "messages":
		if err := checkMessages(req.Messages); err != nil {
			return query{}, err
		}
		q.form = formChat
		base.messages = req.Messages
		q.generations = []generation{base}
		return q, nil
	case "prompt":
		q.form = formCompletion
		if len(req.Prompt.Values) == 0 {
			return query{}, invalid("prompt", "is empty")
		}
		q.generations = perPrompt(base, req.Prompt.Values)
		return q, nil
	case "input":
		if len(req.Input.Values) == 0 {
			return query{}, invalid("input", "is empty")
		}
		if f := req.EncodingFormat; f != "" && f != "float" && f != "base64" {
			return query{}, invalid("encoding_format", "must be float or base64, got '%s'", f)
		}
		q.inputs, q.packed = req.Input.Values, req.EncodingFormat == "base64"
		return q, nil
	}
	prompts, err := readRows(req, shape)
	if err != nil {
		return query{}, err
	}
	if base, err = readParams(req, base); err != nil {
		return query{}, err
	}
	if req.Stream {
		return query{}, invalid("stream", "is not possible with %s", shape)
	}
	q.seeded = q.seeded || req.Params != nil && req.Params.Seed != nil
	q.generations = perPrompt(base, prompts)
	return q, nil
}

func perPrompt(base generation, prompts []string) []generation {
	out := make([]generation, len(prompts))
	for i, p := range prompts {
		out[i] = base
		out[i].prompt = p
	}
	return out
}

// shapeOf names the one field that holds the request's data.
func shapeOf(req api.Invocation) (string, error) {
	fields := [...]struct {
		name string
		set  bool
	}{
		{"dataframe_split", req.DataframeSplit != nil},
		{"dataframe_records", req.DataframeRecords != nil},
		{"instances", req.Instances != nil},
		{"inputs", req.Inputs != nil},
		{"messages", req.Messages != nil},
		{"prompt", req.Prompt != nil},
		{"input", req.Input != nil},
	}
	var room [len(fields)]string
	found := room[:0]
	for _, f := range fields {
		if f.set {
			found = append(found, f.name)
		}
	}
	if len(found) != 1 {
		return "", badRequest("The request must have exactly one of dataframe_split, dataframe_records, instances, inputs, messages, prompt and input, got %d: %v.", len(found), slices.Clone(found))
	}
	return found[0], nil
}

func checkMessages(messages []api.ChatMessage) error {
	if len(messages) == 0 {
		return invalid("messages", "is empty")
	}
	roles := []string{"system", "user", "assistant"}
	for i, m := range messages {
		if !slices.Contains(roles, m.Role) {
			return invalid(fmt.Sprintf("messages[%d].role", i), "must be one of system, user, assistant, got '%s'", m.Role)
		}
	}
	return nil
}

// readRows finds the prompt of each row.
func readRows(req api.Invocation, shape string) ([]string, error) {
	var prompts []string
	var err error
	switch shape {
	case "dataframe_split":
		prompts, err = rowsOfSplit(req.DataframeSplit)
	case "dataframe_records":
		prompts, err = rowsOfRecords(req.DataframeRecords, shape)
	case "instances":
		var records []json.RawMessage
		if json.Unmarshal(req.Instances, &records) != nil {
			return nil, invalid("instances", "must be a list of objects with a prompt")
		}
		prompts, err = rowsOfRecords(records, shape)
	default:
		prompts, err = rowsOfInputs(req.Inputs)
	}
	if err == nil && len(prompts) == 0 {
		err = invalid(shape, "has no rows")
	}
	return prompts, err
}

func rowsOfSplit(d *api.DataframeSplit) ([]string, error) {
	column := slices.Index(d.Columns, "prompt")
	if column < 0 {
		return nil, invalid("dataframe_split.columns", "must have a column 'prompt'")
	}
	if d.Index != nil && len(d.Index) != len(d.Data) {
		return nil, invalid("dataframe_split.index", "has %d elements for %d rows", len(d.Index), len(d.Data))
	}
	var out []string
	for i, row := range d.Data {
		if len(row) != len(d.Columns) {
			return nil, invalid(fmt.Sprintf("dataframe_split.data[%d]", i), "has %d values for %d columns", len(row), len(d.Columns))
		}
		var prompt string
		if json.Unmarshal(row[column], &prompt) != nil {
			return nil, invalid(fmt.Sprintf("dataframe_split.data[%d][%d]", i, column), "must be a string")
		}
		out = append(out, prompt)
	}
	return out, nil
}

// promptRow is a row, and the object form of inputs, whose prompt may be a list.
type promptRow struct {
	Prompt *api.StringList `json:"prompt"`
}

func rowsOfRecords(records []json.RawMessage, shape string) ([]string, error) {
	var out []string
	for i, raw := range records {
		var row promptRow
		if json.Unmarshal(raw, &row) != nil || row.Prompt == nil || !row.Prompt.Single {
			return nil, invalid(fmt.Sprintf("%s[%d]", shape, i), "must be an object with a string 'prompt'")
		}
		out = append(out, row.Prompt.Values...)
	}
	return out, nil
}

func rowsOfInputs(inputs json.RawMessage) ([]string, error) {
	var row promptRow
	if json.Unmarshal(inputs, &row) == nil && row.Prompt != nil {
		return row.Prompt.Values, nil
	}
	var list api.StringList
	if json.Unmarshal(inputs, &list) == nil {
		return list.Values, nil
	}
	return nil, invalid("inputs", "must be an object with a 'prompt', which is a string or a list of strings")
}
