package acctest

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Values is a configuration: attribute → nil, string, int, float64, bool, Values, []any or Unknown.
type Values map[string]any

// Unknown is a value that is known only after another resource has been applied.
type Unknown struct{}

// With returns a copy with changes; the path of each is dotted, and a nil value removes the attribute.
func (v Values) With(changes Values) Values {
	o := v.clone()
	for at, value := range changes {
		o.set(strings.Split(at, "."), value)
	}
	return o
}

func (v Values) clone() Values {
	o := Values{}
	for k, x := range v {
		if inner, ok := x.(Values); ok {
			x = inner.clone()
		}
		o[k] = x
	}
	return o
}

func (v Values) set(at []string, value any) {
	if len(at) == 1 {
		if value == nil {
			delete(v, at[0])
		} else {
			v[at[0]] = value
		}
		return
	}
	inner, ok := v[at[0]].(Values)
	if !ok {
		inner = Values{}
		v[at[0]] = inner
	}
	inner.set(at[1:], value)
}

// value makes the wire's value of a configured one. An attribute that does not exist is an error, since a test
// would otherwise test nothing.
func value(t tftypes.Type, v any) (tftypes.Value, error) {
	if v == nil {
		return tftypes.NewValue(t, nil), nil
	}
	switch v := v.(type) {
	case Unknown:
		return tftypes.NewValue(t, tftypes.UnknownValue), nil
	case Values:
		return composite(t, v)
	case []any:
		return sequence(t, v)
	case int:
		return tftypes.NewValue(t, big.NewFloat(float64(v))), nil
	case float64:
		return tftypes.NewValue(t, big.NewFloat(v)), nil
	default:
		if err := tftypes.ValidateValue(t, v); err != nil {
			return tftypes.Value{}, err
		}
		return tftypes.NewValue(t, v), nil
	}
}

func composite(t tftypes.Type, v Values) (tftypes.Value, error) {
	o := map[string]tftypes.Value{}
	element := func(string) tftypes.Type { return nil }
	switch t := t.(type) {
	case tftypes.Map:
		element = func(string) tftypes.Type { return t.ElementType }
	case tftypes.Object:
		element = func(name string) tftypes.Type { return t.AttributeTypes[name] }
		for name, at := range t.AttributeTypes {
			o[name] = tftypes.NewValue(at, nil)
		}
	}
	for name, x := range v {
		et := element(name)
		if et == nil {
			return tftypes.Value{}, fmt.Errorf("no attribute %q", name)
		}
		inner, err := value(et, x)
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%s: %w", name, err)
		}
		o[name] = inner
	}
	return tftypes.NewValue(t, o), nil
}

func sequence(t tftypes.Type, v []any) (tftypes.Value, error) {
	var et tftypes.Type
	switch t := t.(type) {
	case tftypes.List:
		et = t.ElementType
	case tftypes.Set:
		et = t.ElementType
	default:
		return tftypes.Value{}, fmt.Errorf("a list where %s is wanted", t)
	}
	var o []tftypes.Value
	for _, x := range v {
		inner, err := value(et, x)
		if err != nil {
			return tftypes.Value{}, err
		}
		o = append(o, inner)
	}
	return tftypes.NewValue(t, o), nil
}

// Show writes the attribute at a dotted path: null, (unknown), or the value; lists and maps by their elements.
func Show(v tftypes.Value, at string) string {
	if at != "" {
		name, rest, _ := strings.Cut(at, ".")
		var inner map[string]tftypes.Value
		if err := v.As(&inner); err != nil {
			return "(no " + name + ")"
		}
		x, ok := inner[name]
		if !ok {
			return "null"
		}
		return Show(x, rest)
	}
	switch {
	case !v.IsKnown():
		return "(unknown)"
	case v.IsNull():
		return "null"
	}
	var s string
	var n big.Float
	var b bool
	var list []tftypes.Value
	var object map[string]tftypes.Value
	switch {
	case v.As(&s) == nil:
		return s
	case v.As(&n) == nil:
		return n.Text('f', -1)
	case v.As(&b) == nil:
		return fmt.Sprint(b)
	case v.As(&list) == nil:
		var parts []string
		for _, x := range list {
			parts = append(parts, Show(x, ""))
		}
		slices.Sort(parts)
		return "[" + strings.Join(parts, " ") + "]"
	case v.As(&object) == nil:
		var parts []string
		for k, x := range object {
			if !x.IsNull() {
				parts = append(parts, k+"="+Show(x, ""))
			}
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	}
	return v.String()
}
