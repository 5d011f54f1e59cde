package spec

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Answer of a Prometheus that is not well.
type Answer struct {
	Refuse bool // drop the connection
	After  time.Duration
	Status int    // 200 if 0
	Body   string // NAMESPACE stands for the scenario's
}

// FakePrometheus gives one answer to everything, until it is healed: then it passes on to the real one.
type FakePrometheus struct {
	URL  string
	well atomic.Bool
}

func (s *Scenario) FakePrometheus(answer Answer) *FakePrometheus {
	s.T.Helper()
	address, err := url.Parse(s.Prometheus)
	s.must(err)
	fake, toReal := &FakePrometheus{}, httputil.NewSingleHostReverseProxy(address)
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if fake.well.Load() {
			toReal.ServeHTTP(writer, request)
			return
		}
		select {
		case <-time.After(answer.After):
		case <-request.Context().Done():
			return
		}
		if answer.Refuse {
			panic(http.ErrAbortHandler)
		}
		writer.Header().Set("Content-Type", "application/json")
		if answer.Status != 0 {
			writer.WriteHeader(answer.Status)
		}
		_, _ = io.WriteString(writer, strings.ReplaceAll(answer.Body, "NAMESPACE", s.Namespace))
	}))
	fake.URL = server.URL
	s.T.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return fake
}

func (f *FakePrometheus) Heal() { f.well.Store(true) }
