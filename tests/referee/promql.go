package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/prometheus/common/model"
)

// Figures are what an answer of Prometheus says of each VM ("namespace/name"); Number is that of a series without labels.
type figures struct {
	Refused bool               `json:"refused"`
	Values  map[string]float64 `json:"values"`
	Number  *float64           `json:"number"`
}

// The body of an answer, as text. prometheus/common decodes it for client_golang; what it means for VMs is said here: series without the
// VM's labels and figures that are not finite count for nothing, and of a VM's several series the largest counts.
var promql = contest[string, figures]{
	about:     "promql",
	questions: 40_000,
	ask:       randomPromQL,
	theirs: func(q string) figures {
		var body struct {
			Status string `json:"status"`
			Data   struct {
				ResultType model.ValueType `json:"resultType"`
				Result     json.RawMessage `json:"result"`
			} `json:"data"`
		}
		if json.Unmarshal([]byte(q), &body) != nil || body.Status != "success" || body.Data.ResultType != model.ValVector {
			return figures{Refused: true}
		}
		var vector model.Vector
		if body.Data.Result == nil || json.Unmarshal(body.Data.Result, &vector) != nil {
			return figures{Refused: true}
		}
		answer := figures{Values: map[string]float64{}}
		for _, sample := range vector {
			value := float64(sample.Value)
			if sample.Histogram != nil || math.IsNaN(value) || math.IsInf(value, 0) {
				continue
			}
			if len(sample.Metric) == 0 {
				answer.Number = &value
			}
			namespace, name := string(sample.Metric["namespace"]), string(sample.Metric["name"])
			if namespace == "" || name == "" {
				continue
			}
			key := namespace + "/" + name
			if before, has := answer.Values[key]; !has || value > before {
				answer.Values[key] = value
			}
		}
		return answer
	},
	listed: []listing[string, figures]{
		{reason: "series without a resultType are taken for the vector that they are", fits: func(q string, ours, theirs figures) bool {
			return !ours.Refused && theirs.Refused && !strings.Contains(q, "resultType")
		}},
	},
}

func randomPromQL(r *rand.Rand) string {
	var series []string
	for range r.IntN(4) {
		labels := map[string]string{}
		if chance(r, 0.8) {
			labels["namespace"], labels["name"] = pick(r, "vms", "other", ""), pick(r, "db", "wéb", `a"b\`, "")
			labels["pod"] = pick(r, "p", "q")
		}
		value := pick(r, "1", "0.25", "NaN", "+Inf", "-Inf", "1e3", "-2.5e-7", "1234567890.123456789", "0", "5e-324", "1.7976931348623157e+308")
		one := `{"metric":` + text(labels) + `,"value":[1700000000.123,"` + value + `"]}`
		if chance(r, 0.05) {
			one = `{"metric":` + text(labels) + `,"histogram":[1700000000,{"count":"2","sum":"3","buckets":[[0,"1","2","2"]]}]}`
		}
		series = append(series, one)
	}
	result := "[" + strings.Join(series, pick(r, ",", ", ", ",\n ")) + "]"
	kind := pick(r, "vector", "vector", "vector", "vector", "vector", "vector", "scalar", "matrix", "string")
	if kind == "scalar" || kind == "string" {
		result = `[1700000000.5,"2"]`
	}
	if chance(r, 0.05) {
		result = "null"
	}
	data := `"resultType":"` + kind + `","result":` + result
	if chance(r, 0.2) {
		data = `"result":` + result + `,"resultType":"` + kind + `"`
	}
	if chance(r, 0.03) {
		data = pick(r, `"resultType":"vector"`, `"result":`+result, "")
	}
	extra := pick(r, "", "", `,"warnings":["partial"]`, `,"warnings":null`, `,"warnings":[]`, `,"infos":["unit"]`, `,"stats":{"timings":{}}`)
	body := `{"status":"` + pick(r, "success", "success", "success", "success", "success", "success", "error") + `","data":{` + data + "}" + extra + "}"
	if chance(r, 0.02) {
		body = body[:r.IntN(len(body))]
	}
	return body
}
