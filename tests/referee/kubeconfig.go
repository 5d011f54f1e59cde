package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Kubeconfigs are the files f0, f1, ... of a folder, in KUBECONFIG's order, and --context.
type kubeconfigs struct {
	Files   []string `json:"files"`
	Context string   `json:"context"`
}

// A connection is what comes of them; paths are relative to the folder.
type connection struct {
	Refused       bool   `json:"refused"`
	Server        string `json:"server"`
	Namespace     string `json:"namespace"`
	Authority     string `json:"authority"` // data or path
	Insecure      bool   `json:"insecure"`
	ServerName    string `json:"serverName"`
	Certificate   string `json:"certificate"`
	Key           string `json:"key"`
	Authorization string `json:"authorization"`
	Exec          bool   `json:"exec"`
	As            string `json:"as"`
	Why           string `json:"why,omitempty"`
}

const pem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"

var made string // the folder, once it is there

// folder is made when the first question is asked, and removed by main.
var folder = sync.OnceValue(func() string {
	made = must(os.MkdirTemp("", "drover-referee-"))
	for name, content := range map[string]string{"ca.pem": pem, "token": "of-a-file\n"} {
		if err := os.WriteFile(filepath.Join(made, name), []byte(content), 0o600); err != nil {
			panic(err)
		}
	}
	return made
})

var kubeconfig = contest[kubeconfigs, connection]{
	about:     "kubeconfig",
	questions: 10_000,
	ask:       randomKubeconfigs,
	theirs: func(q kubeconfigs) connection {
		rules := clientcmd.ClientConfigLoadingRules{WarnIfAllMissing: false}
		for i, content := range q.Files {
			path := filepath.Join(folder(), fmt.Sprintf("f%d", i))
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				panic(err)
			}
			rules.Precedence = append(rules.Precedence, path)
		}
		loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(&rules, &clientcmd.ConfigOverrides{CurrentContext: q.Context})
		config, err := loader.ClientConfig()
		if err != nil {
			return connection{Refused: true, Why: err.Error()}
		}
		server, _, err := rest.DefaultServerURL(config.Host, "", schema.GroupVersion{}, rest.IsConfigTransportTLS(*config))
		if err != nil {
			return connection{Refused: true, Why: err.Error()}
		}
		namespace, _, err := loader.Namespace()
		if err != nil {
			return connection{Refused: true, Why: err.Error()}
		}
		either := func(data []byte, file string) string {
			if len(data) > 0 {
				return string(data)
			}
			return strings.TrimPrefix(file, folder()+"/")
		}
		answer := connection{
			Server: strings.TrimRight(server.String(), "/"), Namespace: namespace, Insecure: config.Insecure, ServerName: config.ServerName,
			Authority: either(config.CAData, config.CAFile), Certificate: either(config.CertData, config.CertFile),
			Key: either(config.KeyData, config.KeyFile), Exec: config.ExecProvider != nil, As: config.Impersonate.UserName,
		}
		switch {
		case config.BearerTokenFile != "":
			answer.Authorization = "Bearer of-a-file"
		case config.BearerToken != "":
			answer.Authorization = "Bearer " + config.BearerToken
		case config.Username != "":
			answer.Authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(config.Username+":"+config.Password))
		}
		return answer
	},
	same: func(ours, theirs connection) bool {
		ours.Why, theirs.Why = "", ""
		return ours == theirs
	},
	listed: []listing[kubeconfigs, connection]{
		{reason: "what Drover does not do is refused when the connection is made, not passed over: proxies, auth-provider, terminals", fits: refusedFor("is not supported", "Drover has no terminal")},
		{reason: "what contradicts itself is refused when it is read; client-go does so at the first request, or takes one of them", fits: refusedFor("contradicts", "excludes")},
		{reason: "credentials do not go in the clear", fits: refusedFor("in the clear"), rare: true},
		{reason: "a context whose user is not there is refused; client-go goes on without credentials", fits: refusedFor("is not among the users")},
		{reason: "a token file that cannot be read and a plugin's version that is gone are refused at once; client-go does so at the first request",
			fits: refusedFor("names a file that can't be read", "must be client.authentication.k8s.io/v1")},
		{reason: "a key without its certificate is refused; client-go passes over it", fits: refusedFor("is missing beside the client key")},
		{reason: "of data and a file, data is taken; client-go says that it overrides, and yet refuses both", fits: func(_ kubeconfigs, ours, theirs connection) bool {
			return !ours.Refused && theirs.Refused && strings.Contains(theirs.Why, "are both specified")
		}},
		{reason: "an address without a scheme beside a certificate is https; client-go goes there by http", fits: func(_ kubeconfigs, ours, theirs connection) bool {
			address, plain := strings.CutPrefix(theirs.Server, "http://")
			return plain && ours.Server == "https://"+address
		}},
		{reason: "over http, client-go passes over the user, good or bad; Drover reads it", fits: func(_ kubeconfigs, ours, theirs connection) bool {
			return strings.HasPrefix(theirs.Server, "http://") &&
				(ours.Server == theirs.Server && ours.Namespace == theirs.Namespace || ours.Refused && strings.Contains(ours.Why, "users["))
		}},
	},
}

// refusedFor accepts that only Drover refuses, with one of these words.
func refusedFor(words ...string) func(kubeconfigs, connection, connection) bool {
	return func(_ kubeconfigs, ours, theirs connection) bool {
		for _, word := range words {
			if ours.Refused && !theirs.Refused && strings.Contains(ours.Why, word) {
				return true
			}
		}
		return false
	}
}

func randomKubeconfigs(r *rand.Rand) kubeconfigs {
	var q kubeconfigs
	for range 1 + r.IntN(3) {
		q.Files = append(q.Files, randomKubeconfig(r))
	}
	q.Context = pick(r, "", "", "", "x0", "x1", "x9")
	return q
}

func randomKubeconfig(r *rand.Rand) string {
	if chance(r, 0.05) {
		return pick(r, "", "\n", "# nothing\n", "apiVersion: v1\nkind: Config\n", "---\n", "{}\n")
	}
	data := base64.StdEncoding.EncodeToString([]byte(pem))
	text := "apiVersion: v1\nkind: Config\n"
	section := func(name string, most int, entry func(i int) []string) {
		text += name + ":" + pick(r, "\n", "\n", "\n", " # some\n")
		count := r.IntN(most + 1)
		for i := range count {
			text += "- name: " + name[:1] + fmt.Sprint(i) + "\n  " + strings.TrimSuffix(name, "s") + ":\n"
			for _, field := range entry(i) {
				text += "    " + field + "\n"
			}
		}
	}
	maybe := func(share float64, field string) []string {
		if chance(r, share) {
			return []string{field}
		}
		return nil
	}
	section("clusters", 2, func(int) []string {
		fields := []string{"server: " + pick(r, "https://h:6443", "https://h:6443/", "http://127.0.0.1:8080", "h:6443", "https://h/k8s/c-1", "https://[::1]:6443", "HTTPS://h:6443", "localhost", "''")}
		fields = append(fields, maybe(0.3, "certificate-authority-data: "+data)...)
		fields = append(fields, maybe(0.2, "certificate-authority: "+pick(r, "ca.pem", "./ca.pem", "missing.pem", "''"))...)
		fields = append(fields, maybe(0.1, "insecure-skip-tls-verify: "+pick(r, "true", "false"))...)
		fields = append(fields, maybe(0.1, "tls-server-name: other")...)
		fields = append(fields, maybe(0.1, "proxy-url: "+pick(r, "''", "\"\"", "http://p:3128"))...)
		return append(fields, maybe(0.1, "unknown-field: 1")...)
	})
	section("users", 2, func(int) []string {
		var fields []string
		fields = append(fields, maybe(0.3, "token: "+pick(r, "abc", "'123'", "''"))...)
		fields = append(fields, maybe(0.1, "tokenFile: "+pick(r, "token", "nothere"))...)
		if chance(r, 0.2) {
			fields = append(fields, "username: u", "password: p")
		}
		fields = append(fields, maybe(0.2, "client-certificate-data: "+data)...)
		fields = append(fields, maybe(0.2, "client-key-data: "+data)...)
		fields = append(fields, maybe(0.1, "client-certificate: ca.pem")...)
		fields = append(fields, maybe(0.1, "client-key: ca.pem")...)
		fields = append(fields, maybe(0.1, "as: someone")...)
		if chance(r, 0.1) {
			fields = append(fields, "exec:", "  apiVersion: client.authentication.k8s.io/"+pick(r, "v1", "v1beta1", "v1alpha1"), "  command: "+pick(r, "login", "./login", "bin/login"),
				"  interactiveMode: "+pick(r, "Never", "IfAvailable", "Always"))
		}
		if len(fields) == 0 {
			return []string{"{}"}
		}
		return fields
	})
	text += "contexts:\n"
	for i := range r.IntN(3) {
		text += fmt.Sprintf("- name: x%d\n  context: {cluster: c%d, user: %s%s}\n", i, r.IntN(2), pick(r, "u0", "u1", "u0", "''"), pick(r, "", ", namespace: vms", ", namespace: ''"))
	}
	if chance(r, 0.7) {
		text += "current-context: " + pick(r, "x0", "x0", "x1", "''") + "\n"
	}
	return text
}
