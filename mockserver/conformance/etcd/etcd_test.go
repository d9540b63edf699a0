package etcd

import (
	"context"
	"errors"
	"net"
	"net/url"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/etcdstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// member is an etcd of one member, which can be stopped and started again.
type member struct {
	dir          string
	client, peer url.URL
	tls          transport.TLSInfo // of clients; the zero value is none
	running      *embed.Etcd
}

// startEtcd starts an etcd for a test.
func startEtcd(t *testing.T) *member {
	t.Helper()
	m := &member{dir: t.TempDir(), client: freeURL(t), peer: freeURL(t)}
	if err := m.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.stop)
	return m
}

func freeURL(t *testing.T) url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return url.URL{Scheme: "http", Host: l.Addr().String()}
}

func (m *member) start() error {
	c := embed.NewConfig()
	c.Dir, c.LogLevel, c.LogOutputs = m.dir, "panic", []string{"stderr"}
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{m.client}, []url.URL{m.client}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{m.peer}, []url.URL{m.peer}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.ClientTLSInfo = m.tls
	c.TickMs, c.ElectionMs = 10, 100
	running, err := embed.StartEtcd(c)
	if err != nil {
		return err
	}
	m.running = running
	select {
	case <-running.Server.ReadyNotify():
		return nil
	case err := <-running.Err():
		return err
	case <-time.After(30 * time.Second):
		return errors.New("etcd does not get ready")
	}
}

func (m *member) stop() {
	if m.running != nil {
		m.running.Close()
		m.running = nil
	}
}

// address is what --store takes.
func (m *member) address(prefix string) string { return "etcd://" + m.client.Host + "/" + prefix }

func (m *member) open(t *testing.T, host, prefix string) mockserver.Store {
	t.Helper()
	c, err := etcdstore.Parse("etcd://"+host+"/"+prefix, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	s, err := etcdstore.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
