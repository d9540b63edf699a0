package resources

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// expandWire reads a known object as the wire type T; null is nil. Attributes are named like the fields of the
// wire, so the object is written as JSON and read back. Nothing of it may be unknown.
func expandWire[T any](o types.Object) (*T, error) {
	if !known(o) {
		return nil, nil
	}
	b, err := json.Marshal(tree(o))
	if err != nil {
		return nil, fmt.Errorf("writing an object: %w", err)
	}
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	return v, nil
}

// flattenWire is the object of type t that the wire value v shows; a nil v is null.
func flattenWire[T any](t types.ObjectType, v *T) (types.Object, error) {
	if v == nil {
		return types.ObjectNull(t.AttrTypes), nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return types.ObjectNull(t.AttrTypes), fmt.Errorf("writing an object: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return types.ObjectNull(t.AttrTypes), fmt.Errorf("reading an object: %w", err)
	}
	o, ok := fromTree(t, x).(types.Object)
	if !ok {
		return types.ObjectNull(t.AttrTypes), fmt.Errorf("an object's type is %s", t)
	}
	return o, nil
}

// tree is a value as encoding/json writes it; null and unknown attributes are left out.
func tree(v attr.Value) any {
	switch v := v.(type) {
	case types.String:
		return v.ValueString()
	case types.Bool:
		return v.ValueBool()
	case types.Int64:
		return v.ValueInt64()
	case types.Float64:
		return v.ValueFloat64()
	case types.List:
		return trees(v.Elements())
	case types.Set:
		return trees(v.Elements())
	case types.Object:
		o := map[string]any{}
		for name, x := range v.Attributes() {
			if known(x) {
				o[name] = tree(x)
			}
		}
		return o
	}
	return nil
}

func trees(elements []attr.Value) []any {
	o := make([]any, len(elements))
	for i, x := range elements {
		o[i] = tree(x)
	}
	return o
}

// fromTree is the value of type t that encoding/json read; what it lacks is null.
func fromTree(t attr.Type, x any) attr.Value {
	n, _ := x.(json.Number)
	switch t := t.(type) {
	case basetypes.BoolType:
		if b, ok := x.(bool); ok {
			return types.BoolValue(b)
		}
		return types.BoolNull()
	case basetypes.Int64Type:
		if i, err := n.Int64(); err == nil {
			return types.Int64Value(i)
		}
		return types.Int64Null()
	case basetypes.Float64Type:
		if f, err := n.Float64(); err == nil {
			return types.Float64Value(f)
		}
		return types.Float64Null()
	case basetypes.ListType:
		elements, ok := x.([]any)
		if !ok {
			return types.ListNull(t.ElemType)
		}
		return types.ListValueMust(t.ElemType, fromTrees(t.ElemType, elements))
	case basetypes.SetType:
		elements, ok := x.([]any)
		if !ok {
			return types.SetNull(t.ElemType)
		}
		return types.SetValueMust(t.ElemType, fromTrees(t.ElemType, elements))
	case basetypes.ObjectType:
		fields, ok := x.(map[string]any)
		if !ok {
			return types.ObjectNull(t.AttrTypes)
		}
		values := map[string]attr.Value{}
		for name, at := range t.AttrTypes {
			values[name] = fromTree(at, fields[name])
		}
		return types.ObjectValueMust(t.AttrTypes, values)
	}
	s, ok := x.(string)
	if !ok {
		return types.StringNull()
	}
	return types.StringValue(s)
}

func fromTrees(t attr.Type, elements []any) []attr.Value {
	o := make([]attr.Value, len(elements))
	for i, x := range elements {
		o[i] = fromTree(t, x)
	}
	return o
}

// keepEmpty returns have with every null replaced by the prior's empty value where that says the same: the
// wire does not tell an empty set or block from none.
func keepEmpty(prior, have attr.Value) attr.Value {
	if have.IsNull() {
		if known(prior) && isEmpty(prior) {
			return prior
		}
		return have
	}
	p, ok := prior.(types.Object)
	h, both := have.(types.Object)
	if !ok || !both || !known(p) {
		return have
	}
	values := h.Attributes()
	for name, v := range values {
		values[name] = keepEmpty(p.Attributes()[name], v)
	}
	return types.ObjectValueMust(h.AttributeTypes(context.Background()), values)
}

// isEmpty reports whether a known value says nothing: an empty collection, or an object of null and empty ones.
func isEmpty(v attr.Value) bool {
	switch v := v.(type) {
	case types.List:
		return len(v.Elements()) == 0
	case types.Set:
		return len(v.Elements()) == 0
	case types.Map:
		return len(v.Elements()) == 0
	case types.Object:
		for _, x := range v.Attributes() {
			if !x.IsNull() && (x.IsUnknown() || !isEmpty(x)) {
				return false
			}
		}
		return true
	}
	return false
}
