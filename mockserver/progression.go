package mockserver

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

type progressMode int

const (
	immediate progressMode = iota
	byReads
	byTime
	byHand
)

// Progression says what moves a rollout on. It measures a rollout's progress on a scale of its own (reads,
// steps, seconds) and says where on that scale each stage of an entity ends.
type Progression struct {
	mode   progressMode
	reads  int
	factor float64
}

// Immediate settles every rollout before the request that started it is answered.
func Immediate() Progression { return Progression{mode: immediate} }

// Reads keeps a rollout in progress for n GETs of the endpoint; the next one sees it settled.
func Reads(n int) Progression { return Progression{mode: byReads, reads: max(n, 0)} }

// Scaled lets stages last their real durations divided by factor, on the server's clock: with a factor of
// 600 an hour takes six seconds.
func Scaled(factor float64) Progression {
	if factor <= 0 || math.IsNaN(factor) {
		factor = 1
	}
	return Progression{mode: byTime, factor: factor}
}

// Manual moves a rollout on by Server.Step alone.
func Manual() Progression { return Progression{mode: byHand} }

// ParseProgression reads immediate, manual, reads(N), and time or time(FACTOR).
func ParseProgression(s string) (Progression, error) {
	name, arg, hasArg := strings.Cut(strings.TrimSuffix(s, ")"), "(")
	switch {
	case name == "immediate" && !hasArg:
		return Immediate(), nil
	case name == "manual" && !hasArg:
		return Manual(), nil
	case name == "time" && !hasArg:
		return Scaled(1), nil
	case name == "reads" && hasArg:
		if n, err := strconv.Atoi(arg); err == nil && n >= 0 {
			return Reads(n), nil
		}
	case name == "time" && hasArg:
		if f, err := strconv.ParseFloat(arg, 64); err == nil && f > 0 {
			return Scaled(f), nil
		}
	}
	return Progression{}, fmt.Errorf("progression %q is none of immediate, manual, reads(N), time, time(FACTOR)", s)
}

// scaled is what a duration of the clock is in the server's own time.
func (p Progression) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * p.factor)
}

// progress is how far the rollout of r has come at now.
func (p Progression) progress(r *revision, now time.Time) float64 {
	switch p.mode {
	case byReads:
		return float64(r.Reads)
	case byTime:
		return now.Sub(r.Started).Seconds() * p.factor
	case byHand:
		return float64(r.Steps)
	default:
		return math.Inf(1)
	}
}

// end is the progress at which stage i of plan is over.
func (p Progression) end(plan []stage, i int) float64 {
	switch p.mode {
	case byReads:
		return math.Ceil(float64((p.reads+1)*(i+1)) / float64(len(plan)))
	case byTime:
		var d time.Duration
		for _, s := range plan[:i+1] {
			d += s.Duration
		}
		return d.Seconds()
	default:
		return float64(i + 1)
	}
}

// floor is the progress that every rollout needs, even one that changes nothing.
func (p Progression) floor() float64 {
	switch p.mode {
	case byReads:
		return float64(p.reads + 1)
	case byTime:
		return switchDuration.Seconds()
	default:
		return 1
	}
}
