package chat

import (
	"errors"
	"strings"
	"testing"
)

const llama3 = `{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>

'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>

' }}{% endif %}`

func TestRender(t *testing.T) {
	for _, c := range []struct {
		name, source, want string
		messages           []Message
	}{
		{"llama 3", llama3, "<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", []Message{{"user", " Hi "}}},
		{"attribute access", `{% for m in messages %}{{ m.role }}: {{ m.content }}{{ "\n" if not loop.last }}{% endfor %}`, "system: a\nuser: b", []Message{{"system", "a"}, {"user", "b"}}},
		{"tojson keeps order and HTML", `{{ messages | tojson }}`, `[{"role": "user", "content": "<a & 'b'>\n"}]`, []Message{{"user", "<a & 'b'>\n"}}},
		{"tojson indented", `{{ messages[0] | tojson(indent=2) }}`, "{\n  \"role\": \"user\",\n  \"content\": \"x\"\n}", []Message{{"user", "x"}}},
		{"range and break", `{% for i in range(5) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}`, "01", nil},
		{"macro", `{% macro f(x) %}[{{ x }}]{% endmacro %}{{ f(1) }}{{ f(2) }}`, "[1][2]", nil},
		{"many calls in turn", `{% macro f(x) %}{{ x }}{% endmacro %}{% for i in range(50) %}{{ f(i % 10) }}{% endfor %}`, strings.Repeat("0123456789", 5), nil},
		{"namespace", `{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}`, "2", []Message{{"a", "b"}, {"c", "d"}}},
		{"date", `{{ strftime_now("%d %b %Y") }}`, fixedDate, nil},
		{"negative index and slice", `{{ messages[-1]['content'] }}{% for m in messages[1:] %}{{ m['role'] }}{% endfor %}`, "dc", []Message{{"a", "b"}, {"c", "d"}}},
		{"in", `{% if 'role' in messages[0] %}y{% endif %}{% if messages[0].tools is defined %}n{% endif %}`, "y", []Message{{"a", "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tpl, err := New(c.source, Tokens{BOS: "<s>"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := tpl.Render(c.messages)
			if err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestRenderErrors(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         error
	}{
		{"refusal", `{{ raise_exception("roles must alternate") }}`, ErrRefused},
		{"endless range", `{% for i in range(1000000000) %}{% endfor %}`, ErrLimit},
		{"nested loops", `{% for i in range(999) %}{% for j in range(999) %}{% endfor %}{% endfor %}`, ErrLimit},
		{"recursion", `{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}`, ErrLimit},
		{"recursive loop", `{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}`, ErrLimit},
		{"meter overwritten", `{% set __meter__ = 1 %}{% for i in [1] %}{% endfor %}`, ErrTemplate},
		{"output", `{% set ns = namespace(x="0123456789abcdef") %}{% for i in range(10) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{% for i in range(10000) %}{{ ns.x }}{% endfor %}`, ErrLimit},
		{"doubling", `{% set ns = namespace(x="ab") %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}`, ErrLimit},
		{"hidden output", `{% set x %}{% for i in range(90000) %}{{ "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" }}{% endfor %}{% endset %}`, ErrLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			tpl, err := New(c.source, Tokens{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tpl.Render(nil); !errors.Is(err, c.want) {
				t.Errorf("got %v; want %v", err, c.want)
			}
		})
	}
	for _, source := range []string{`{% for %}`, `{{ `, `{% include "/etc/passwd" %}`, `{{ "a" * 1000000000000 }}`, strings.Repeat("x", maxSource+1)} {
		if _, err := New(source, Tokens{}); !errors.Is(err, ErrTemplate) {
			t.Errorf("%.20q: got %v; want %v", source, err, ErrTemplate)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add(llama3)
	f.Add(`{% for m in messages %}{{ m | tojson }}{% endfor %}`)
	f.Add(`{% macro f(x) %}{{ x }}{% endmacro %}{{ f(messages[0].role) }}`)
	f.Fuzz(func(_ *testing.T, source string) {
		if tpl, err := New(source, Tokens{BOS: "<s>"}); err == nil {
			_, _ = tpl.Render([]Message{{"user", "hello"}})
		}
	})
}
