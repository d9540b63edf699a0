package main

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed corpus
var corpusFiles embed.FS

// corpus is what the model learns from.
type corpus struct {
	facts     []fact
	offTopic  []fact   // questions with %s for a topic
	topics    []string // what the model knows nothing about
	texts     []string
	roles     []string // first halves of system prompts
	manners   []string // second halves
	questions []question
}

// fact is one answer with the ways to ask for it.
type fact struct {
	questions []string
	answer    string
}

// question is one way to ask, with its answer.
type question struct{ text, answer string }

// loadCorpus reads the files under corpus.
func loadCorpus() (c corpus, err error) {
	lines := func(name string) []string {
		data, readErr := corpusFiles.ReadFile("corpus/" + name)
		if readErr != nil {
			err = readErr
		}
		return strings.Split(strings.TrimSpace(string(data)), "\n")
	}
	facts := func(name string) (out []fact) {
		for i, line := range lines(name) {
			questions, answer, ok := strings.Cut(line, " => ")
			if !ok {
				err = fmt.Errorf("%s line %d has no \" => \"", name, i+1)
			}
			out = append(out, fact{strings.Split(questions, " | "), answer})
		}
		return out
	}
	c.facts, c.offTopic = facts("questions.txt"), facts("offtopic.txt")
	c.topics, c.texts = lines("topics.txt"), lines("texts.txt")
	system := lines("system.txt")
	if len(system) != 2 {
		return c, fmt.Errorf("system.txt has %d lines, want roles and manners", len(system))
	}
	c.roles, c.manners = strings.Split(system[0], " | "), strings.Split(system[1], " | ")
	for _, f := range c.facts {
		for _, q := range f.questions {
			c.questions = append(c.questions, question{q, f.answer})
		}
	}
	return c, err
}

// text is what the tokenizer learns from: the facts and the texts.
func (c corpus) text() string {
	var b strings.Builder
	for _, q := range c.questions {
		b.WriteString(q.text + "\n" + q.answer + "\n")
	}
	for _, t := range c.texts {
		b.WriteString(strings.Repeat(t+"\n", 3))
	}
	b.WriteString(strings.Repeat(instruction+"You are a helpful assistant.You are a helpful assistant. Answer briefly.\n", 20))
	return b.String()
}

// instruction is the prompt style of instruction-tuned completion models.
const instruction = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n%s\n\n### Response:\n"
