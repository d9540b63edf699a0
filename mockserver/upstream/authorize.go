package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// authorizer adds what proves who asks. Body is what will be sent.
type authorizer func(x *External, req *http.Request, body []byte, k *keyring) error

// bearerKey sends a secret as a bearer token.
func bearerKey(field string) authorizer {
	return func(_ *External, req *http.Request, _ []byte, k *keyring) error { return k.bearer(req, field) }
}

// headerKey sends a secret in a header of its own.
func headerKey(header, field string) authorizer {
	return func(_ *External, req *http.Request, _ []byte, k *keyring) error {
		key, err := k.get(field)
		if err == nil {
			req.Header.Set(header, key)
		}
		return err
	}
}

// customKey sends a custom provider's secret in the way that its block names.
func customKey(x *External, req *http.Request, body []byte, k *keyring) error {
	if a := x.model.Custom.APIKeyAuth; a != nil {
		return headerKey(a.Key, "api_key_auth.value")(x, req, body, k)
	}
	return k.bearer(req, "bearer_token_auth.token")
}

// signV4 signs the request as Amazon wants it. Instance profiles are refused: their keys come from the metadata
// service of the machine, which nobody here may ask.
func signV4(x *External, req *http.Request, body []byte, k *keyring) error {
	if x.model.AmazonBedrock.InstanceProfileARN != "" {
		return &Error{Kind: ErrUnsupported, Message: "instance profiles; use aws_access_key_id and aws_secret_access_key"}
	}
	id, err := k.get("aws_access_key_id")
	if err != nil {
		return err
	}
	secret, err := k.get("aws_secret_access_key")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}
	return v4.NewSigner().SignHTTP(req.Context(), credentials, req, hex.EncodeToString(sum[:]), "bedrock", x.model.AmazonBedrock.Region, x.caller.now())
}
