package mockserver

import (
	"fmt"
	"regexp"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// nameRule is the rule of endpoint and served entity names: 1 to 63 of A-Z, a-z, 0-9, _ and -.
var nameRule = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)

const (
	maxEntities    = 15
	maxDescription = 1000
	maxTags        = 20
	maxTagKey      = 128
	maxTagValue    = 256
	maxEnvVars     = 30
)

func checkName(field, name string) error {
	if !nameRule.MatchString(name) {
		return invalid(field, "must be 1 to 63 characters of letters, digits, '_' and '-', got '%s'", name)
	}
	return nil
}

func checkDescription(d string) error {
	if n := len([]rune(d)); n > maxDescription {
		return invalid("description", "must have at most %d characters, got %d", maxDescription, n)
	}
	return nil
}

func checkTags(field string, tags []api.Tag) error {
	seen := map[string]bool{}
	for i, t := range tags {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case t.Key == "":
			return invalid(at+".key", "is required")
		case len(t.Key) > maxTagKey:
			return invalid(at+".key", "must have at most %d characters", maxTagKey)
		case len(t.Value) > maxTagValue:
			return invalid(at+".value", "must have at most %d characters", maxTagValue)
		case seen[t.Key]:
			return invalid(at+".key", "'%s' is given twice", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

// checkConfig proves a completed config valid. The field is the path of the list of entities, so that a
// message names what the client sent.
func (s *Server) checkConfig(w *workspace, entities []api.ServedEntityInput, field string) error {
	if len(entities) > maxEntities {
		return invalid(field, "must have at most %d elements, got %d: the limit of served_models is %d", maxEntities, len(entities), maxEntities)
	}
	names, versions := map[string]int{}, map[string]int{}
	for i, e := range entities {
		at := fmt.Sprintf("%s[%d]", field, i)
		if err := s.checkEntity(w, e, at); err != nil {
			return err
		}
		if first, ok := names[e.Name]; ok {
			return invalid(at+".name", "'%s' is the name of %s[%d] already: names are unique in an endpoint", e.Name, field, first)
		}
		names[e.Name] = i
		if e.ExternalModel == nil {
			key := e.EntityName + " version " + string(e.EntityVersion)
			if first, ok := versions[key]; ok {
				return badRequest("%s names %s, which %s[%d] serves already: an endpoint serves a model version once.", at, key, field, first)
			}
			versions[key] = i
		}
		if err := compatible(entities[0], e, at); err != nil {
			return err
		}
	}
	return nil
}

// compatible holds an entity against the first one of its endpoint.
func compatible(first, e api.ServedEntityInput, at string) error {
	if (first.ExternalModel == nil) != (e.ExternalModel == nil) {
		return invalid(at, "mixes external and other models: an endpoint serves one of the two")
	}
	if e.ExternalModel != nil && first.ExternalModel.Task != e.ExternalModel.Task {
		return invalid(at+".external_model.task", "is '%s', but all external models of an endpoint have the same task, here '%s'", e.ExternalModel.Task, first.ExternalModel.Task)
	}
	return nil
}

// checkTraffic proves that the routes name entities once and sum to 100.
func checkTraffic(routes []api.Route, entities []api.ServedEntityInput, field string) error {
	known := map[string]bool{}
	for _, e := range entities {
		known[e.Name] = true
	}
	sum, seen := 0, map[string]bool{}
	for i, r := range routes {
		at := fmt.Sprintf("%s[%d]", field, i)
		name := r.Entity()
		switch {
		case name == "":
			return invalid(at+".served_model_name", "or served_entity_name is required")
		case r.ServedEntityName != "" && r.ServedModelName != "" && r.ServedEntityName != r.ServedModelName:
			return invalid(at, "names two served entities, '%s' and '%s'", r.ServedEntityName, r.ServedModelName)
		case !known[name]:
			return invalid(at, "names '%s', which is not a served entity of this config", name)
		case seen[name]:
			return invalid(at, "names '%s' a second time", name)
		case r.TrafficPercentage < 0 || r.TrafficPercentage > 100:
			return invalid(at+".traffic_percentage", "must be between 0 and 100, got %d", r.TrafficPercentage)
		}
		seen[name] = true
		sum += int(r.TrafficPercentage)
	}
	if sum != 100 {
		return invalid(field, "must have traffic percentages that sum to 100, got %d", sum)
	}
	return nil
}
