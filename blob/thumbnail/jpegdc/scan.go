package jpegdc

import "errors"

// part is a component in a scan.
type part struct {
	*component
	dc, ac *table
	// before is what the block before it said (section F.1.1.5.1).
	before int32
}

// scan is one of those that a picture is made of.
type scan struct {
	*decoder
	parts []part
	// shift is by how many bits its values come too small, and isRefining whether it has the next bit of those that came before (section G.1.2.1).
	shift      uint
	isRefining bool
}

var errScan = errors.New("a scan that says what none can")

// scan reads a scan's header (section B.2.3) and what follows it, unless there is nothing of DC.
func (d *decoder) scan(n int) error {
	if d.components == nil {
		return errors.New("a scan before the frame")
	}
	b, err := d.next(min(n, 4+2*maxComponents))
	if err != nil {
		return err
	}
	if len(b) < 6 || len(b) != n || n != 4+2*int(b[0]) {
		return errLength
	}
	s := scan{decoder: d}
	blocks := 0
	for i := 1; i < n-3; i += 2 {
		p, err := d.part(b[i], b[i+1])
		if err != nil {
			return err
		}
		for _, other := range s.parts {
			if other.component == p.component {
				return errScan
			}
		}
		blocks += p.h * p.v
		s.parts = append(s.parts, p)
	}
	if len(d.components) > 1 && blocks > 10 {
		return errScan
	}
	if d.isProgressive {
		first, last, high, low := b[n-3], b[n-2], b[n-1]>>4, b[n-1]&15
		if first > last || last >= blockSize || first == 0 && last != 0 || first != 0 && len(s.parts) > 1 || high != 0 && high != low+1 {
			return errScan
		}
		if first != 0 {
			return nil // NB: what follows it is passed over on the way to the next marker
		}
		s.shift, s.isRefining = uint(low), high != 0
	}
	for _, p := range s.parts {
		if p.component.dc == nil {
			p.component.dc = make([]int32, p.wide*p.high)
		}
	}
	return s.read()
}

// part finds the component of that name, and the tables.
func (d *decoder) part(id, tables byte) (part, error) {
	dc, ac := tables>>4, tables&15
	if dc >= maxTables || ac >= maxTables {
		return part{}, errScan
	}
	for i := range d.components {
		if c := &d.components[i]; c.id == id {
			return part{component: c, dc: &d.dc[dc], ac: &d.ac[ac]}, nil
		}
	}
	return part{}, errScan
}

// read reads all MCUs of a scan.
func (s *scan) read() error {
	wide, high := s.mcusWide, s.mcusHigh
	mcu := s.mcu
	if len(s.parts) == 1 { // not interleaved: an MCU is one block, and there are none outside of the picture (section A.2.2)
		p := &s.parts[0]
		first := s.components[0]
		wide, high = up(up(s.width*p.h, first.h), blockSide), up(up(s.height*p.v, first.v), blockSide)
		mcu = func(x, y int) error { return s.block(p, x, y) }
	}
	done, restarts := 0, byte(0)
	for y := range high {
		for x := range wide {
			if s.restart > 0 && done == s.restart {
				marker, err := s.marker()
				if err != nil {
					return err
				}
				if marker != rst0+restarts {
					return errors.New("a restart marker is missing")
				}
				done, restarts = 0, (restarts+1)%8
				for i := range s.parts {
					s.parts[i].before = 0
				}
			}
			if err := mcu(x, y); err != nil {
				return err
			}
			done++
		}
	}
	return nil
}

// mcu reads one of an interleaved scan (section A.2.3).
func (s *scan) mcu(x, y int) error {
	for i := range s.parts {
		p := &s.parts[i]
		for down := range p.v {
			for right := range p.h {
				if err := s.block(p, x*p.h+right, y*p.v+down); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// block reads one, and keeps its DC.
func (s *scan) block(p *part, x, y int) error {
	to := &p.component.dc[y*p.wide+x]
	if s.isRefining {
		bit, err := s.take(1)
		*to |= bit << s.shift
		return err
	}
	size, err := s.symbol(p.dc)
	if err != nil {
		return err
	}
	diff, err := s.extended(size)
	if err != nil {
		return err
	}
	p.before += diff
	if s.isProgressive {
		*to = p.before << s.shift
		return nil
	}
	*to = p.before * s.quant[p.quant]
	return s.passAC(p.ac)
}

var (
	errCode  = errors.New("a code that the table does not have")
	errTable = errors.New("a table that is not there")
	errDC    = errors.New("a value of DC that is too large")
)

// symbol reads a code of DC, and returns how many bits follow it.
func (s *scan) symbol(t *table) (int, error) {
	if !t.defined {
		return 0, errTable
	}
	if s.n < longest {
		s.fill()
	}
	e := t.find(s.bits)
	switch {
	case e.bits() > s.n:
		return 0, s.short()
	case e == 0:
		return 0, errCode
	case e.value() > 16:
		return 0, errDC
	}
	s.bits <<= e.bits()
	s.n -= e.bits()
	return e.value(), nil
}

// passAC passes over the other coefficients of a block.
func (s *scan) passAC(t *table) error {
	if !t.defined {
		return errTable
	}
	bits, n := s.bits, s.n
	for k := 1; k < blockSize; {
		if n < 31 { // a code and its coefficient
			if n < 0 {
				return s.short()
			}
			s.bits, s.n = bits, n
			s.fill()
			bits, n = s.bits, s.n
		}
		e := t.short[bits>>(64-lookup)]
		if e == 0 {
			if e = t.find(bits); e == 0 {
				return errCode
			}
		}
		bits <<= e.bits()
		n -= e.bits()
		if e.value() == 0 {
			break
		}
		if k += e.value(); k > blockSize {
			if n < 0 { // it was no whole code
				return s.short()
			}
			return ErrDamaged
		}
	}
	if s.bits, s.n = bits, n; n < 0 {
		return s.short()
	}
	return nil
}
