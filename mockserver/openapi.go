package mockserver

import (
	"net/http"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// openAPIDocument is the part of an OpenAPI 3.1 document that tells how to query an endpoint.
type openAPIDocument struct {
	OpenAPI string                     `json:"openapi"`
	Info    openAPIInfo                `json:"info"`
	Servers []openAPIServer            `json:"servers"`
	Paths   map[string]openAPIPathItem `json:"paths"`
}

type openAPIInfo struct {
	Title   string `json:"title"`
	Version string `json:"version"`
}

type openAPIServer struct {
	URL string `json:"url"`
}

type openAPIPathItem struct {
	Post openAPIOperation `json:"post"`
}

type openAPIOperation struct {
	RequestBody openAPIBody            `json:"requestBody"`
	Responses   map[string]openAPIBody `json:"responses"`
}

type openAPIBody struct {
	Description string                  `json:"description,omitempty"`
	Content     map[string]openAPIMedia `json:"content"`
}

type openAPIMedia struct {
	Schema openAPISchema `json:"schema"`
}

type openAPISchema struct {
	Type       string                   `json:"type"`
	Properties map[string]openAPISchema `json:"properties,omitempty"`
	Items      *openAPISchema           `json:"items,omitempty"`
}

// openAPI answers get_openapi: a path for each served entity.
func (s *Server) openAPI(x *exchange) (openAPIDocument, error) {
	r, err := x.tenant.get(x.vars["name"], s.opts.Progression, x.now)
	if err != nil {
		return openAPIDocument{}, err
	}
	if r.Active == nil {
		return openAPIDocument{}, refuse(http.StatusBadRequest, api.CodeBadRequest, "Endpoint '%s' serves nothing yet.", r.Name)
	}
	doc := openAPIDocument{
		OpenAPI: "3.1.0", Info: openAPIInfo{Title: r.Name, Version: "1"},
		Servers: []openAPIServer{{URL: x.base() + api.PathData + "/" + r.Name}},
		Paths:   map[string]openAPIPathItem{},
	}
	for _, e := range r.Active.Entities {
		request, answer := schemasOf(s.entityTask(x.tenant, e.Spec))
		doc.Paths["/served-models/"+e.Spec.Name+"/invocations"] = openAPIPathItem{Post: openAPIOperation{
			RequestBody: openAPIBody{Content: map[string]openAPIMedia{"application/json": {request}}},
			Responses:   map[string]openAPIBody{"200": {Description: "Successful operation", Content: map[string]openAPIMedia{"application/json": {answer}}}},
		}}
	}
	return doc, nil
}

func schemasOf(task string) (request, answer openAPISchema) {
	object := func(properties map[string]openAPISchema) openAPISchema {
		return openAPISchema{Type: "object", Properties: properties}
	}
	array := func(items openAPISchema) openAPISchema { return openAPISchema{Type: "array", Items: &items} }
	text, number := openAPISchema{Type: "string"}, openAPISchema{Type: "number"}
	switch task {
	case api.TaskChat:
		return object(map[string]openAPISchema{
				"messages": array(object(map[string]openAPISchema{"role": text, "content": text})), "max_tokens": number, "temperature": number,
			}), object(map[string]openAPISchema{
				"choices": array(object(map[string]openAPISchema{"message": object(map[string]openAPISchema{"role": text, "content": text})})),
			})
	case api.TaskEmbeddings:
		return object(map[string]openAPISchema{"input": array(text)}),
			object(map[string]openAPISchema{"data": array(object(map[string]openAPISchema{"embedding": array(number)}))})
	default:
		return object(map[string]openAPISchema{"prompt": text, "max_tokens": number, "temperature": number}),
			object(map[string]openAPISchema{"choices": array(object(map[string]openAPISchema{"text": text}))})
	}
}
