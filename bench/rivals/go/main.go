// SPDX-License-Identifier: Apache-2.0

// The usual first design of a flow-based detector in Go, as a rival for the benchmarks: gopacket decodes, a flow is known by a
// string of addresses and ports, all flows lie in one map behind a read-write lock, and each keeps the lengths and times of
// its packets in slices, from which the statistics are computed when the capture is over.
//
//	flows FILE.pcap
package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

type direction struct {
	lengths []int
	times   []time.Time
}

type flow struct {
	source string
	ways   [2]direction
	flags  [8]int
}

type tracker struct {
	mutex sync.RWMutex
	flows map[string]*flow
}

func newTracker() *tracker { return &tracker{flows: make(map[string]*flow)} }

func endpoints(packet gopacket.Packet) (source, destination, protocol string, ok bool) {
	network, transport := packet.NetworkLayer(), packet.TransportLayer()
	if network == nil {
		return "", "", "", false
	}
	from, to := network.NetworkFlow().Endpoints()
	source, destination, protocol = from.String(), to.String(), network.LayerType().String()
	if transport != nil {
		sourcePort, destinationPort := transport.TransportFlow().Endpoints()
		source += ":" + sourcePort.String()
		destination += ":" + destinationPort.String()
		protocol = transport.LayerType().String()
	}
	return source, destination, protocol, true
}

func (t *tracker) find(key, reversed string) (*flow, bool) {
	t.mutex.RLock()
	defer t.mutex.RUnlock()
	if found, ok := t.flows[key]; ok {
		return found, true
	}
	found, ok := t.flows[reversed]
	return found, ok
}

func (t *tracker) add(packet gopacket.Packet) {
	source, destination, protocol, ok := endpoints(packet)
	if !ok {
		return
	}
	key := source + "-" + destination + "-" + protocol
	f, known := t.find(key, destination+"-"+source+"-"+protocol)
	if !known {
		f = &flow{source: source}
		t.mutex.Lock()
		t.flows[key] = f
		t.mutex.Unlock()
	}
	f.take(packet, source)
}

func (f *flow) take(packet gopacket.Packet, source string) {
	way := &f.ways[0]
	if source != f.source {
		way = &f.ways[1]
	}
	length := 0
	if transport := packet.TransportLayer(); transport != nil {
		length = len(transport.LayerPayload())
	}
	way.lengths = append(way.lengths, length)
	way.times = append(way.times, packet.Metadata().Timestamp)
	if tcp, ok := packet.TransportLayer().(*layers.TCP); ok {
		for i, set := range []bool{tcp.FIN, tcp.SYN, tcp.RST, tcp.PSH, tcp.ACK, tcp.URG, tcp.ECE, tcp.CWR} {
			if set {
				f.flags[i]++
			}
		}
	}
}

// mean, standard deviation, smallest, largest
func statistics(values []float64) [4]float64 {
	if len(values) == 0 {
		return [4]float64{}
	}
	least, most, sum := math.Inf(1), math.Inf(-1), 0.0
	for _, v := range values {
		sum += v
		least, most = math.Min(least, v), math.Max(most, v)
	}
	mean, squares := sum/float64(len(values)), 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	if len(values) > 1 {
		squares /= float64(len(values) - 1)
	}
	return [4]float64{mean, math.Sqrt(squares), least, most}
}

func (d *direction) features() [8]float64 {
	lengths, gaps := make([]float64, 0, len(d.lengths)), make([]float64, 0, len(d.times))
	for i := range d.lengths {
		lengths = append(lengths, float64(d.lengths[i]))
		if i > 0 {
			gaps = append(gaps, float64(d.times[i].Sub(d.times[i-1]).Microseconds()))
		}
	}
	sizes, times := statistics(lengths), statistics(gaps)
	return [8]float64{sizes[0], sizes[1], sizes[2], sizes[3], times[0], times[1], times[2], times[3]}
}

func run(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader, err := pcapgo.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return err
	}
	tracker, packets := newTracker(), 0
	for ; ; packets++ {
		bytes, info, err := reader.ReadPacketData()
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		packet := gopacket.NewPacket(bytes, reader.LinkType(), gopacket.DecodeOptions{Lazy: true, NoCopy: true})
		packet.Metadata().CaptureInfo = info
		tracker.add(packet)
	}
	total := 0.0
	for _, f := range tracker.flows {
		for i := range f.ways {
			total += f.ways[i].features()[0]
		}
	}
	fmt.Printf("%d packets, %d flows, %g\n", packets, len(tracker.flows), total)
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: flows FILE.pcap")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "flows:", err)
		os.Exit(1)
	}
}
