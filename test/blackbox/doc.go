// Package blackbox holds the tests that see what a user sees: the built provider, the built server, and a
// terraform or tofu of the machine that drives them. Nothing here looks into the provider's packages; the
// server is asked what arrived, and state, plans, logs and messages are read as the CLI writes them.
//
// The CLI is that of TF_ACC_TERRAFORM_PATH, else terraform or tofu from PATH.
package blackbox
