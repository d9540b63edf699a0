package upstream

import (
	"time"

	"gopkg.in/yaml.v3"
)

// EntityRule is what holds for served entities whatever answers for them.
type EntityRule struct {
	Entity  string        // glob endpoint/entity
	Timeout time.Duration // of one attempt to let it answer, streams included
}

func readEntityRule(y yamlReader, n *yaml.Node, at string) (EntityRule, error) {
	var r EntityRule
	err := y.mapping(n, at, fields{
		"entity":  value(y, &r.Entity, parseText),
		"timeout": value(y, &r.Timeout, parseDuration),
	}, "entity", "timeout")
	return r, err
}

// EntityRules are in the order of the file; the first that fits an entity counts.
func (s *Set) EntityRules() []EntityRule { return s.rules }
