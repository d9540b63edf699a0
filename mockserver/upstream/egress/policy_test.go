package egress_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		addr          string
		public, local bool // allowed by the zero policy, by Local
	}{
		{"93.184.216.34", true, true},
		{"2606:4700::1111", true, true},
		{"127.0.0.1", false, true},
		{"127.8.9.10", false, true},
		{"::1", false, true},
		{"10.0.0.5", false, true},
		{"172.31.255.255", false, true},
		{"172.32.0.1", true, true},
		{"192.168.1.1", false, true},
		{"100.64.0.1", false, true},
		{"fd12:3456::1", false, true},
		{"::ffff:10.0.0.5", false, true},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"169.254.0.1", false, false},
		{"169.254.169.254", false, false},
		{"169.254.170.2", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"::169.254.169.254", false, false},
		{"::ffff:0:169.254.169.254", false, false},
		{"64:ff9b::169.254.169.254", false, false},
		{"64:ff9b::93.184.216.34", true, true},
		{"64:ff9b::10.0.0.1", false, true},
		{"64:ff9b:1::a9fe:a9fe", false, false},
		{"2002:a9fe:a9fe::1", false, false},
		{"2001:0:1::1", false, false},
		{"2606:4700::5efe:169.254.169.254", false, false},
		{"2606:4700::200:5efe:10.0.0.1", false, true},
		{"2606:4700::5efe:93.184.216.34", true, true},
		{"fe80::5efe:93.184.216.34", false, false},
		{"2001:10::1", false, false},
		{"2001:2::1", false, true},
		{"3fff::1", false, true},
		{"5f00::1", false, false},
		{"100::1", false, false},
		{"192.88.99.1", false, false},
		{"192.0.2.1", false, true},
		{"198.19.255.255", false, true},
		{"fd00:c1::a9fe:a9fe", false, false},
		{"fd00:42::42", false, false},
		{"fd00:ec2::23", false, false},
		{"fe80::1", false, false},
		{"fe80::1%eth0", false, false},
		{"fec0::1", false, false},
		{"fd00:ec2::254", false, false},
		{"fd20:ce::254", false, false},
		{"100.100.100.200", false, false},
		{"168.63.129.16", false, false},
		{"192.0.0.192", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"ff02::1", false, false},
	} {
		addr := netip.MustParseAddr(c.addr)
		for name, p := range map[string]struct {
			policy egress.Policy
			want   bool
		}{"public": {egress.Policy{}, c.public}, "local": {egress.Local(), c.local}} {
			err := p.policy.Check(addr)
			if (err == nil) != p.want || err != nil && !errors.Is(err, egress.ErrForbidden) {
				t.Errorf("%s under the %s policy: %v", c.addr, name, err)
			}
		}
	}
}

func TestAllowNeverOpensMetadata(t *testing.T) {
	p := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	for _, addr := range []string{"169.254.169.254", "fe80::1", "100.100.100.200", "fd00:ec2::254"} {
		if err := p.Check(netip.MustParseAddr(addr)); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if err := p.Check(netip.MustParseAddr("10.1.2.3")); err != nil {
		t.Error(err)
	}
}

func TestURLs(t *testing.T) {
	for _, c := range []struct {
		url string
		ok  bool
	}{
		{"https://api.openai.com/v1", true},
		{"http://gpu-7.example.com:8000", true},
		{"https://93.184.216.34/", true},
		{"https://xn--bcher-kva.example", true},
		{"http://127.0.0.1:8000", false},
		{"http://[::1]:8000", false},
		{"http://[::ffff:a9fe:a9fe]/", false},
		{"http://169.254.169.254/latest/meta-data", false},
		{"http://2852039166/", false},
		{"http://0xa9fea9fe/", false},
		{"http://0xa9.0xfe.0xa9.0xfe/", false},
		{"http://0251.0376.0251.0376/", false},
		{"http://169.254.43518/", false},
		{"http://169.16689662./", false},
		{"http://0x7f.1/", false},
		{"http://127.1/", false},
		{"https://user:secret@api.example.com", false},
		{"https://api.example.com?key=secret", false},
		{"https://api.example.com#x", false},
		{"ftp://api.example.com", false},
		{"file:///etc/passwd", false},
		{"gopher://169.254.169.254:80/_x", false},
		{"https://", false},
		{"api.example.com", false},
		{"http://%31%36%39.254.169.254/", false},
		{"://", false},
		{"http://0/", false},
		{"http://0x0/", false},
		{"http://127.0.0.1./", false},
		{"http://0177.0.0.1/", false},
		{"http://017700000001/", false},
		{"http://0x7f000001/", false},
		{"http://2130706433/", false},
		{"http://[::ffff:127.0.0.1]/", false},
		{"http://[::ffff:0:169.254.169.254]/", false},
		{"http://[64:ff9b::169.254.169.254]/", false},
		{"http://[64:ff9b::a9fe:a9fe]/", false},
		{"http://[2002:a9fe:a9fe::]/", false},
		{"http://[fe80::1%25eth0]/", false},
		{"http://[fd00:ec2::254]/latest/meta-data", false},
		{"http://169.254.169.254:80\\@api.example.com/", false},
		{"http://api.example.com@169.254.169.254/", false},
		{"http://169.254.169.254#@api.example.com/", false},
	} {
		_, err := egress.Policy{}.ParseURL(c.url)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}
