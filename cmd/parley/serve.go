package main

import (
	"context"
	"flag"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/internal/server"
	"github.com/parley-im/parley/web"
)

// serve runs a node until ctx ends.
func serve(ctx context.Context, args []string, e env) error {
	opts, err := serveOptions(args, e)
	if err != nil {
		return err
	}
	opts.Version = thisBuild().Version
	opts.Logger = newLogger(e.stderr)
	slog.SetDefault(opts.Logger)
	opts.Pages = pages(ctx, opts.Logger)
	started := func(s *server.Server) { writeBanner(e.stdout, opts, s) }
	return server.Run(ctx, opts, started)
}

// pages returns the pages that this binary has, or that it can build; nil when there are none, and a node does without.
func pages(ctx context.Context, logger *slog.Logger) fs.FS {
	files, err := web.Files()
	if err != nil {
		logger.Info("building the pages, for the first time: this takes some seconds")
		files, err = web.Build(ctx)
	}
	if err != nil {
		logger.Warn("there are no pages", "err", err)
		return nil
	}
	return files
}

// serveOptions makes the options of a node from flags, environment and file.
func serveOptions(args []string, e env) (server.Options, error) {
	var opts server.Options
	opts.EnsureDefaults()
	opts.RaftListen, opts.ActorListen = "", "" // known when --peers is
	var secret string
	fs := newFlags("serve")
	serveFlags(fs, &opts)
	fs.StringVar(&secret, "cluster-secret-file", "", "`file` with what the nodes of the cluster know and nobody else: 16 bytes or more, for its owner only")
	fs.StringVar(&opts.Certs.Cert, "cluster-cert", "", "`file` with this node's certificate (PEM): the nodes of the cluster speak TLS to each other; with --cluster-key and --cluster-ca")
	fs.StringVar(&opts.Certs.Key, "cluster-key", "", "`file` with the key of --cluster-cert (PEM), for its owner only")
	fs.StringVar(&opts.Certs.CA, "cluster-ca", "", "`file` with the certificate of the CA that has signed those of all nodes (PEM)")
	rest, err := load(fs, args, e)
	if err != nil {
		return opts, err
	}
	if len(rest) > 0 {
		return opts, misuse("serve", "unexpected argument %q", rest[0])
	}
	opts.ClusterSecret, err = readSecret(secret)
	if err != nil {
		return opts, &usageError{command: "serve", err: err}
	}
	opts.EnsureDefaults()
	if err := opts.Validate(); err != nil {
		return opts, &usageError{command: "serve", err: err}
	}
	if err := opts.CheckTLS(); err != nil {
		return opts, &usageError{command: "serve", err: err}
	}
	return opts, nil
}

func serveFlags(fs *flag.FlagSet, o *server.Options) {
	fs.StringVar(&o.Dir, "data", o.Dir, "`dir`ectory of the node's data; made when it does not exist")
	fs.StringVar(&o.Listen, "listen", o.Listen, "`addr`ess for clients: REST, Socket.IO, health")
	fs.StringVar(&o.TLS.Cert, "tls-cert", "", "`file` with a certificate (PEM) by which --listen speaks HTTPS; with --tls-key; read again when it changes")
	fs.StringVar(&o.TLS.Key, "tls-key", "", "`file` with the key of --tls-cert (PEM), for its owner only")
	fs.StringVar(&o.AdminListen, "admin-listen", o.AdminListen, "`addr`ess for operators: metrics, profiles, admin API")
	fs.StringVar(&o.PublicURL, "public-url", o.PublicURL, "base `URL` by which clients reach the node")
	fs.StringVar(&o.Demo, "demo", o.Demo, "whether the pages may use the first app: `on`, off, or auto, which is on while --listen and the address of the page are loopback")
	fs.StringVar(&o.Blob, "blob", "", "where attachments are kept, instead of --data: s3://BUCKET[/PREFIX][?endpoint=`URL`&region=REGION], the same on all nodes, with keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the machine's role")
	fs.String(configFlag, "", "YAML `file` with settings; keys are the flag names with _ for -")
	fs.Var((*appsFlag)(&o.Apps), "app", "make sure that this app exists: `ID:CLIENTKEY:MASTERKEY`; repeatable")
	fs.IntVar(&o.GroupMembers, "limit-group-members", o.GroupMembers, "most `members` of a group, its owner included")
	fs.IntVar(&o.RoomMembers, "limit-room-members", o.RoomMembers, "most `members` of a room")
	fs.DurationVar(&o.Retention, "retention", o.Retention, "how long messages can be read, a `duration` of 70s at least; a seventh more and they are deleted")
	fs.DurationVar(&o.RetentionStrangers, "retention-strangers", 0, "the same `duration` for what strangers and passengers say; 0 = as --retention")
	fs.Var((*bytesFlag)(&o.MinFreeDisk), "min-free-disk", "free `space` on the disk below which what grows is refused")
	fs.StringVar(&o.Node, "node", o.Node, "`name` of the node")
	fs.StringVar(&o.RaftListen, "raft-listen", "", "`addr`ess for the log's replicas ("+server.DefaultRaftListen+", or its own of --peers)")
	fs.StringVar(&o.ActorListen, "actor-listen", "", "`addr`ess for other nodes' actors ("+server.DefaultActorListen+", or its own of --peers)")
	fs.Var((*peersFlag)(&o.Peers), "peers", "first members of the cluster, the same on all: `NAME=RAFT/ACTOR,...`, 3 to 7; none = a cluster of one")
	fs.StringVar(&o.Join, "join", "", "the --actor-listen `addr`ess of a member of a cluster: an empty data directory joins that, once the node was invited")
	fs.StringVar(&o.AdvertiseRaft, "advertise-raft", "", "`addr`ess by which other nodes reach --raft-listen, if that is another")
	fs.StringVar(&o.AdvertiseActor, "advertise-actor", "", "`addr`ess by which other nodes reach --actor-listen, if that is another")
	fs.IntVar(&o.Shards, "shards", o.Shards, "`number` of shards; fixed with the first start of a data directory")
}

// appsFlag collects apps, several in one value separated by commas or spaces too, as in the environment.
type appsFlag []auth.App

// String implements flag.Value. Keys are not shown.
func (f *appsFlag) String() string { return "" }

// Set implements flag.Value.
func (f *appsFlag) Set(value string) error {
	for _, field := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		a, err := auth.ParseApp(field)
		if err != nil {
			return err
		}
		*f = append(*f, a)
	}
	return nil
}

// newLogger writes text for people and JSON for programs.
func newLogger(w io.Writer) *slog.Logger {
	if isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
