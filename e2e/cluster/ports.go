package cluster

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Below the range from which the kernel takes ports for outgoing connections, so that none gets in between.
const firstPort, lastPort = 18000, 31999

var (
	portMutex sync.Mutex
	portsUsed = map[int]bool{}
)

// FreeAddress is a loopback address that nobody listens at, and that this program does not give out twice.
func FreeAddress() string {
	portMutex.Lock()
	defer portMutex.Unlock()
	for {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if portsUsed[port] {
			continue
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if listener, err := net.Listen("tcp", address); err == nil {
			listener.Close()
			portsUsed[port] = true
			return address
		}
	}
}
