package mockserver

import (
	"maps"
	"math"
	"slices"
	"time"
)

// images lists the container images that an endpoint's rollouts have built by now: those of what is active, and
// those of what rolls out whose build is over.
func (r *record) images(p Progression, now time.Time) map[string]bool {
	built := map[string]bool{}
	add := func(v *revision, at float64) {
		if v == nil {
			return
		}
		for _, e := range v.Entities {
			if e.builds() && stagesDone(e, p, at) > 0 && (e.Failure == nil || e.Failure.At > 0) {
				built[imageKey(e.Spec)] = true
			}
		}
	}
	add(r.Active, math.Inf(1))
	if r.Pending == nil {
		return built
	}
	at := p.progress(r.Pending, now)
	if r.Pending.Failed != nil {
		_, at = firstFailure(r.Pending, p)
	}
	add(r.Pending, at)
	return built
}

// built reports whether an image is there by now: kept from deployments that are gone, or built by one that is
// not. mu is held.
func (w *workspace) built(image string, p Progression, now time.Time) bool {
	if w.images[image] {
		return true
	}
	for _, r := range w.endpoints {
		if r.images(p, now)[image] {
			return true
		}
	}
	return false
}

// outliving lists the images that nothing but the old state of an endpoint tells of; next is nil for a deletion.
// mu is held.
func (w *workspace) outliving(old, next *record, p Progression, now time.Time) []entry {
	images := old.images(p, now)
	if next != nil {
		for image := range next.images(p, now) {
			delete(images, image)
		}
	}
	var out []entry
	for _, image := range slices.Sorted(maps.Keys(images)) {
		if !w.images[image] {
			out = append(out, entry{w.name, keepImages, image, true})
		}
	}
	return out
}
