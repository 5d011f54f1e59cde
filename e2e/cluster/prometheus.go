package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Sample of an instant query.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Query asks Prometheus for an instant vector.
func (c *Cluster) Query(ctx context.Context, promql string) ([]Sample, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Prometheus+"/api/v1/query?query="+url.QueryEscape(promql), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var body struct {
		Error string
		Data  struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		return nil, err
	}
	if body.Error != "" {
		return nil, fmt.Errorf("prometheus: %s", body.Error)
	}
	var samples []Sample
	for _, each := range body.Data.Result {
		text, _ := each.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		samples = append(samples, Sample{each.Metric, value})
	}
	return samples, nil
}
