package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// bytesFlag is a number of bytes: digits, with nothing or KiB, MiB, GiB or TiB right behind them.
type bytesFlag uint64

// units are from the largest to the smallest.
var units = []struct {
	name  string
	bytes uint64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// String implements flag.Value, in the largest unit that leaves a whole number.
func (b *bytesFlag) String() string {
	for _, u := range units {
		if n := uint64(*b); n > 0 && n%u.bytes == 0 {
			return fmt.Sprintf("%d%s", n/u.bytes, u.name)
		}
	}
	return strconv.FormatUint(uint64(*b), 10)
}

// Set implements flag.Value.
func (b *bytesFlag) Set(value string) error {
	digits, factor := value, uint64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(value, u.name); ok {
			digits, factor = rest, u.bytes
		}
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > math.MaxInt64/factor {
		return errors.New("must be a number of bytes, or one with KiB, MiB, GiB or TiB behind it")
	}
	*b = bytesFlag(n * factor)
	return nil
}
