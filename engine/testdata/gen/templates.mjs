// Renders chat templates in the styles of the supported families with
// @huggingface/jinja.
import fs from 'node:fs';
import { Template } from '@huggingface/jinja';

const tokens = { bos_token: '<s>', eos_token: '</s>' };

const templates = {
  llama2: `{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}{% else %}{% set rest = messages %}{% set system = false %}{% endif %}{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must take turns') }}{% endif %}{% if loop.index0 == 0 and system != false %}{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + m['content'] %}{% else %}{% set content = m['content'] %}{% endif %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif m['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}`,
  llama3: `{{- bos_token }}\n{%- if not date_string is defined %}\n    {%- set date_string = "26 Jul 2024" %}\n{%- endif %}\n{#- the system message is always there #}\n{%- if messages[0]['role'] == 'system' %}\n    {%- set system = messages[0]['content']|trim %}\n    {%- set messages = messages[1:] %}\n{%- else %}\n    {%- set system = "" %}\n{%- endif %}\n{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}\n{%- if tools is not none and tools is defined %}\n    {{- "Environment: ipython\\n" }}\n{%- endif %}\n{{- "Today Date: " + date_string + "\\n\\n" }}\n{{- system }}\n{{- "<|eot_id|>" }}\n{%- for message in messages %}\n    {%- if not (message.role == 'tool' or 'tool_calls' in message) %}\n        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}\n    {%- endif %}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}\n{%- endif %}\n`,
  mistral: `{%- if messages[0]["role"] == "system" %}\n    {%- set system_message = messages[0]["content"] %}\n    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n{%- set ns = namespace(index=0) %}\n{%- for message in loop_messages %}\n    {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}\n        {{- raise_exception("roles must take turns") }}\n    {%- endif %}\n    {%- set ns.index = ns.index + 1 %}\n{%- endfor %}\n{{- bos_token }}\n{%- for message in loop_messages %}\n    {%- if message["role"] == "user" %}\n        {%- if loop.last and system_message is defined %}\n            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}\n        {%- else %}\n            {{- "[INST] " + message["content"] + "[/INST]" }}\n        {%- endif %}\n    {%- elif message["role"] == "assistant" %}\n        {{- " " + message["content"] + eos_token }}\n    {%- else %}\n        {{- raise_exception("only user and assistant") }}\n    {%- endif %}\n{%- endfor %}\n`,
  chatml: `{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
  zephyr: `{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '<|system|>\\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}`,
  deepseek: `{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, system='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system = message['content'] %}{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system }}{%- for message in messages %}{%- if message['role'] == 'user' %}{{ '<User>' + message['content'] }}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{ '<Assistant>' + content + '<end>' }}{%- endif %}{%- endfor -%}{% if add_generation_prompt %}{{ '<Assistant><think>\\n' }}{% endif %}`,
  json: `{{ messages | tojson }}\n{% for m in messages %}{{ m | tojson(indent=2) }}{{ loop.index }}/{{ loop.length }} {{ m.role | upper | length }} {{ m['role'] | title }}{% if not loop.last %}, {% endif %}{% endfor %}`,
  macro: `{% macro turn(role, text='-') %}[{{ role }}] {{ text }}{% endmacro %}{% for m in messages %}{{ turn(m.role, m.content) }}{{ "\\n" if not loop.last else "" }}{% endfor %}{{ turn('assistant') }}`,
};

const user = (content) => ({ role: 'user', content }), assistant = (content) => ({ role: 'assistant', content }), system = (content) => ({ role: 'system', content });
const chats = [
  [user('Hello')],
  [user('  spaces around\n')],
  [system('Be brief.'), user('What is a token?')],
  [user('Hi'), assistant('Hello!'), user('What is <a & "b">?')],
  [system('S'), user('one'), assistant('<think>hm</think>two'), user('drei 🙂 vier')],
  [assistant('I begin'), user('x')],
];

const out = [];
for (const [name, source] of Object.entries(templates)) {
  const template = new Template(source);
  for (const messages of chats) {
    const c = { name, source, messages };
    try {
      c.want = template.render({ messages, add_generation_prompt: true, ...tokens });
    } catch (e) {
      if (!/take turns|only user/.test(e.message)) throw new Error(name + ': ' + e.message);
      c.refused = true;
    }
    out.push(c);
  }
}
fs.writeFileSync('../../chat/testdata/golden.json', JSON.stringify(out, null, 1) + '\n');
console.log(out.length, 'renders', out.filter((c) => c.refused).length, 'refused');
