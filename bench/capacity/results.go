package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// results are the figures of all runs of parley, by scenario.
type results map[string]*load

// load is a scenario, and each figure of all its runs.
type load struct {
	rooms, members, size int
	figures              map[string][]float64
}

// read reads what make bench-peers has written.
func read(from io.Reader) (results, error) {
	rows, err := csv.NewReader(from).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("it is empty")
	}
	r := results{}
	for _, cells := range rows[1:] {
		row := map[string]string{}
		for i, name := range rows[0] {
			row[name] = cells[i]
		}
		if row["server"] == "parley" {
			if err := r.add(row); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r results) add(row map[string]string) (err error) {
	l := r[row["scenario"]]
	if l == nil {
		l = &load{figures: map[string][]float64{}}
		r[row["scenario"]] = l
	}
	whole := func(name string) int {
		n, e := strconv.Atoi(row[name])
		err = errors.Join(err, e)
		return n
	}
	l.rooms, l.members, l.size = whole("rooms"), whole("members"), whole("size")
	for _, name := range []string{perSecond, cost, latency99} {
		f, e := strconv.ParseFloat(row[name], 64)
		err = errors.Join(err, e)
		l.figures[name] = append(l.figures[name], f)
	}
	return err
}

// Figures of a load, named as bench/fanout names them.
const (
	perSecond = "deliveries_per_second"
	cost      = "server_cpu_s_per_million"
	latency99 = "latency_p99_us"
)

// of returns the scenario of that name.
func (r results) of(name string) (*load, error) {
	if r[name] == nil {
		return nil, fmt.Errorf("there is no %s in it", name)
	}
	return r[name], nil
}

// median is that of a figure over the runs.
func (l *load) median(name string) float64 {
	all := slices.Sorted(slices.Values(l.figures[name]))
	half := len(all) / 2
	if len(all)%2 == 0 {
		return (all[half-1] + all[half]) / 2
	}
	return all[half]
}
