package egress

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrForbidden is the kind of every refusal of this package.
var ErrForbidden = errors.New("destination is not allowed")

// Policy says which addresses may be dialled besides public ones. The zero value allows public addresses alone.
type Policy struct {
	// Allow opens loopback, private and other special ranges. Addresses that are never allowed stay refused,
	// even inside these ranges.
	Allow []netip.Prefix
}

// Local is the policy for engines on this machine and in private networks.
func Local() Policy {
	var p Policy
	for _, r := range ranges() {
		if !r.never {
			p.Allow = append(p.Allow, r.prefix)
		}
	}
	return p
}

// addressRange is a part of the address space that is not public.
type addressRange struct {
	prefix netip.Prefix
	what   string
	never  bool // no policy opens it
}

// ranges lists what is not public, after the special-purpose registries of RFC 6890 and the metadata addresses of
// the clouds. The first match counts, so that single addresses stand before the ranges around them.
func ranges() []addressRange {
	table := []struct {
		cidr  string
		what  string
		never bool
	}{
		{"168.63.129.16/32", "a metadata address (Azure)", true},
		{"100.100.100.200/32", "a metadata address (Alibaba)", true},
		{"192.0.0.192/32", "a metadata address (Oracle)", true},
		{"fd00:ec2::/32", "a metadata address (AWS)", true},
		{"fd20:ce::254/128", "a metadata address (Google)", true},
		{"fd00:c1::a9fe:a9fe/128", "a metadata address (Oracle)", true},
		{"fd00:42::42/128", "a metadata address (Scaleway)", true},
		{"0.0.0.0/8", "an unspecified address", true},
		{"169.254.0.0/16", "a link-local or metadata address", true},
		{"224.0.0.0/4", "a multicast address", true},
		{"240.0.0.0/4", "a reserved address", true},
		{"::/128", "an unspecified address", true},
		{"fe80::/10", "a link-local address", true},
		{"fec0::/10", "a site-local address", true},
		{"ff00::/8", "a multicast address", true},
		{"127.0.0.0/8", "a loopback address", false},
		{"::1/128", "a loopback address", false},
		{"10.0.0.0/8", "a private address", false},
		{"172.16.0.0/12", "a private address", false},
		{"192.168.0.0/16", "a private address", false},
		{"100.64.0.0/10", "a shared address", false},
		{"192.0.0.0/24", "a protocol address", false},
		{"192.0.2.0/24", "a documentation address", false},
		{"198.18.0.0/15", "a benchmarking address", false},
		{"198.51.100.0/24", "a documentation address", false},
		{"203.0.113.0/24", "a documentation address", false},
		{"192.88.99.0/24", "a relay's address", true},
		{"192.31.196.0/24", "a protocol address", false},
		{"192.52.193.0/24", "a protocol address", false},
		{"192.175.48.0/24", "a protocol address", false},
		{"fc00::/7", "a private address", false},
		{"2001:db8::/32", "a documentation address", false},
		{"3fff::/20", "a documentation address", false},
		{"2001:2::/48", "a benchmarking address", false},
		{"2001:10::/28", "an identifier, not an address", true},
		{"2001:20::/28", "an identifier, not an address", true},
		{"5f00::/16", "a segment identifier", true},
		{"100::/64", "a discard address", true},
		// Forms that carry an IPv4 address and that no public server has.
		{"::/96", "an IPv4-compatible address", true},
		{"::ffff:0:0:0/96", "an IPv4-translated address", true},
		{"64:ff9b:1::/48", "a local NAT64 address", true},
		{"2001::/32", "a Teredo address", true},
	}
	out := make([]addressRange, len(table))
	for i, r := range table {
		out[i] = addressRange{netip.MustParsePrefix(r.cidr), r.what, r.never}
	}
	return out
}

// Check refuses an address that the policy does not allow, or that leads to one that it does not. It is told the
// address itself, never a name.
func (p Policy) Check(addr netip.Addr) error {
	addr = addr.WithZone("").Unmap()
	if err := p.check(addr); err != nil {
		return err
	}
	return p.check(embedded(addr))
}

func (p Policy) check(addr netip.Addr) error {
	for _, r := range ranges() {
		if !r.prefix.Contains(addr) {
			continue
		}
		if !r.never && p.allows(addr) {
			return nil
		}
		return fmt.Errorf("%w: %s is %s", ErrForbidden, addr, r.what)
	}
	return nil
}

func (p Policy) allows(addr netip.Addr) bool {
	for _, prefix := range p.Allow {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// embedded returns the IPv4 address that a NAT64, 6to4 or ISATAP address leads to; others are their own.
func embedded(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	b := addr.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6]))
	case b[8]&^2 == 0 && [3]byte(b[9:12]) == [3]byte{0, 0x5e, 0xfe}:
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
	return addr
}
