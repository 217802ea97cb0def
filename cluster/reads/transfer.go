package reads

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Transfer asks the leader of a shard to hand over to the node with that number, from here if this node has a replica of it, and
// otherwise from a node that has one. It does not wait for that, and it may come to nothing. The error is that of the log: Invalid
// for a shard that is not there, or a node that has no vote in it, Overloaded when another transfer of it is being asked for,
// Unavailable when no leader is known, or no node that has the shard can be asked.
func (r *Reads) Transfer(ctx context.Context, shard im.ShardID, to uint64) error {
	if uint32(shard) > r.o.Shards {
		return im.E("reads.transfer", im.Invalid, "there is no such shard")
	}
	if r.local.Holds(shard) {
		return r.local.Transfer(shard, to)
	}
	err := unavailable("reads.transfer", nobodyHas(shard))
	for _, node := range r.holders(shard, false) {
		if err = r.transferBy(ctx, node, shard, to); !isUnavailable(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// transferBy has another node ask.
func (r *Reads) transferBy(ctx context.Context, node string, shard im.ShardID, to uint64) error {
	ctx, cancel := context.WithTimeout(ctx, r.o.times.transfer)
	defer cancel()
	a, err := r.ask(ctx, node, &pb.Read{What: &pb.Read_Transfer{Transfer: &pb.ReadTransfer{Shard: uint32(shard), To: to}}})
	if err != nil {
		return err
	}
	_, err = a.readAll(0, maxPart, func(p *pb.ReadPart) (int, error) { return 0, only(p, 0) })
	return err
}
