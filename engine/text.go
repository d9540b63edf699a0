package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/inference-iac/terraform-provider-inference/engine/chat"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// maxTokenizer bounds tokenizer.json; the largest published ones have about 30 MB.
const maxTokenizer = 64 << 20

// loadText reads how the model speaks: its tokenizer and its chat template.
func loadText(f *model.Files) (*tokenizer.Tokenizer, *chat.Template, error) {
	data, err := f.Read("tokenizer.json", maxTokenizer)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", model.ErrCheckpoint, err)
	}
	t, err := tokenizer.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", model.ErrCheckpoint, err)
	}
	c, err := loadTemplate(f)
	return t, c, err
}

// loadTemplate reads tokenizer_config.json and chat_template.jinja; both are
// optional, and without a template there is no chat.
func loadTemplate(f *model.Files) (*chat.Template, error) {
	var cfg struct {
		Template templateText `json:"chat_template"`
		BOS      tokenText    `json:"bos_token"`
		EOS      tokenText    `json:"eos_token"`
		Pad      tokenText    `json:"pad_token"`
		Unk      tokenText    `json:"unk_token"`
	}
	data, err := f.Read("tokenizer_config.json", maxTokenizer)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("%w: %w", model.ErrCheckpoint, err)
	default:
		if err := json.Unmarshal(data, &cfg); err != nil {
			return nil, fmt.Errorf("%w: tokenizer_config.json: %w", model.ErrCheckpoint, err)
		}
	}
	source := string(cfg.Template)
	if own, err := f.Read("chat_template.jinja", maxTokenizer); err == nil {
		source = string(own)
	}
	if source == "" {
		return nil, nil
	}
	t, err := chat.New(source, chat.Tokens{BOS: string(cfg.BOS), EOS: string(cfg.EOS), Pad: string(cfg.Pad), Unk: string(cfg.Unk)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", model.ErrCheckpoint, err)
	}
	return t, nil
}

// tokenText reads "</s>" as well as {"content": "</s>", …} and null.
type tokenText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *tokenText) UnmarshalJSON(data []byte) error {
	var obj struct {
		Content string `json:"content"`
	}
	if len(data) > 0 && data[0] == '{' {
		err := json.Unmarshal(data, &obj)
		*t = tokenText(obj.Content)
		return err
	}
	return json.Unmarshal(data, (*string)(t))
}

// templateText reads a template as well as a list of named ones, of which the
// default counts.
type templateText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *templateText) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '[' {
		return json.Unmarshal(data, (*string)(t))
	}
	var list []struct{ Name, Template string }
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	for _, x := range list {
		if x.Name == "default" {
			*t = templateText(x.Template)
		}
	}
	return nil
}
