package etcd

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/inference-iac/terraform-provider-inference/mockserver/etcdstore"
)

// TestSecureEtcd: TLS with a certificate of its own, and a user with a password.
func TestSecureEtcd(t *testing.T) {
	dir := t.TempDir()
	m := &member{dir: t.TempDir(), client: freeURL(t), peer: freeURL(t)}
	var err error
	if m.tls, err = transport.SelfCert(zap.NewNop(), dir, []string{m.client.Host}, 1); err != nil {
		t.Fatal(err)
	}
	m.client.Scheme = "https"
	if err := m.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.stop)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	env := map[string]string{"ETCDCTL_CACERT": filepath.Join(dir, "cert.pem")}
	address := "etcd://" + m.client.Host + "/secure"
	c, err := etcdstore.Parse(address, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	admin, err := clientv3.New(clientv3.Config{Endpoints: c.Endpoints, TLS: c.TLS, DialTimeout: 5 * time.Second, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	_, errUser := admin.UserAdd(ctx, "root", "pass")
	_, errGrant := admin.UserGrantRole(ctx, "root", "root")
	_, errAuth := admin.AuthEnable(ctx)
	if err := errors.Join(errUser, errGrant, errAuth); err != nil {
		t.Fatal(err)
	}
	for password, good := range map[string]bool{"pass": true, "wrong": false} {
		env["ETCDCTL_USER"], env["ETCDCTL_PASSWORD"] = "root", password
		c, err := etcdstore.Parse(address, func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		s, err := etcdstore.Open(short, c)
		cancel()
		if (err == nil) != good {
			t.Errorf("password %s: %v", password, err)
		}
		if err != nil {
			continue
		}
		if _, err := s.Commit(ctx, put(0, "a")); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
