// Package chat renders messages to a prompt by a model's own chat template
// (Jinja). It must not know of tokens or requests. A template is foreign code:
// it reads no files, and its steps, its calls and its output are bounded.
package chat
