package mockserver

import (
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// Options configures a Server. The zero value is a good default for tests: deployments settle at once, any
// non-empty bearer token opens a workspace of its own, and the sample models are registered.
type Options struct {
	Progression Progression       // how deployments move on; default Immediate()
	Clock       func() time.Time  // default time.Now
	Seed        uint64            // of the choice between served entities
	Models      []Model           // registered models; nil: SampleModels()
	AnyModel    bool              // accept models that nobody registered, as optimizable 8B llamas
	Tokens      map[string]string // bearer token to user name, all of one workspace; nil: any token, each a workspace of its own
	GPUs        map[string]int    // pool by type, as {"A100": 4}; nil: unlimited
	// GPUIDs are what CUDA calls the GPUs of the pool, by type, for the engines that the server launches. Those
	// that are not named count from 0, through the types in order of their names.
	GPUIDs map[string][]string

	Logger      *slog.Logger  // default: discard
	Admin       bool          // serve the routes under /__admin/
	TLS         *tls.Config   // of Listen; nil: plain HTTP
	ReadTimeout time.Duration // for a request's body on a socket; default a minute

	// Admins may do everything; the others have what an endpoint's permissions grant them. nil: all users are
	// admins and permissions are kept, not enforced.
	Admins []string
	Groups map[string][]string // user name to groups; every user is in the group users

	// InferenceTables is a directory for the inference tables that the gateway is told to keep, as files
	// catalog.schema.prefix_payload.jsonl of one line for each request. Empty: none are written.
	InferenceTables string
	// OperationLimit bounds the creates and updates of a workspace in five minutes; the API's is 50. 0: none.
	OperationLimit int
	// RefuseEmptyConfig refuses a config without served entities. The API's own answer is not documented;
	// by default such a config is accepted and leaves an endpoint that is not ready.
	RefuseEmptyConfig bool
	// StrictScaleToZero refuses custom models that don't say scale_to_zero_enabled, as the API does. Stock
	// clients leave false out, so it is off by default.
	StrictScaleToZero bool
	// Simulate answers invocations from a simulated model instead of the embedded engine.
	Simulate bool

	// Engines answer for the registered models that an engines file names; nil: everything is answered here. The
	// server closes them.
	Engines *upstream.Set
	// External lets external models ask their providers. By default they are answered here, and nothing leaves
	// the machine.
	External bool
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = time.Minute
	}
	if o.Models == nil {
		o.Models = SampleModels()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
