package resources

import (
	"maps"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func tagMap(tags []api.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

func tagList(m map[string]string) []api.Tag {
	var tags []api.Tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, api.Tag{Key: k, Value: m[k]})
	}
	return tags
}

// tagChanges is the patch from one set of tags to another.
func tagChanges(from, to map[string]string) (api.PatchTags, bool) {
	add := map[string]string{}
	for k, v := range to {
		if old, ok := from[k]; !ok || old != v {
			add[k] = v
		}
	}
	patch := api.PatchTags{AddTags: tagList(add)}
	for _, k := range slices.Sorted(maps.Keys(from)) {
		if _, ok := to[k]; !ok {
			patch.DeleteTags = append(patch.DeleteTags, k)
		}
	}
	return patch, len(patch.AddTags)+len(patch.DeleteTags) > 0
}
