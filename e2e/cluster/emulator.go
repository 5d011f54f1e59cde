package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"drover.dev/drover/e2e/double"
)

// Emulated as a node's power: its machine is a system of sushy-emulator, which has one of each of these nodes' UUIDs.
const Emulated = "emulator"

// Who may ask the emulator.
const (
	EmulatorUser     = "drover"
	EmulatorPassword = "drover"
	emulatorLine     = EmulatorUser + ":$2y$04$hkt6RcnANpfY987bg9MoLOLEguXVK6xNgHQKPwsCdGumfdacgvTta\n" // as htpasswd -B -C 4 makes it
)

// emulatorCommand says how sushy-emulator is started, when any node is to be a system of it, and tells those nodes' addresses to the
// double. It speaks TLS, and asks for a name and a password.
func (c *Cluster) emulatorCommand(process func(name, program string, args ...string) *Process) error {
	var systems []string
	for i, node := range c.options.Nodes {
		if node.PowerURL == Emulated {
			systems = append(systems, fmt.Sprintf("{'uuid': '%s', 'name': '%s', 'power_state': 'On', 'external_notifier': False, 'nics': []}", node.UUID, node.Name))
			c.options.Nodes[i].PowerURL = c.SystemURL(node)
		}
	}
	if len(systems) == 0 {
		return nil
	}
	dir := filepath.Join(c.Dir, "emulator")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	users, config := filepath.Join(dir, "users"), filepath.Join(dir, "config.py")
	if err := os.WriteFile(users, []byte(emulatorLine), 0o600); err != nil {
		return err
	}
	text := fmt.Sprintf(`SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'
SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_FEATURE_SET = 'minimum'
SUSHY_EMULATOR_STATE_DIR = '%s'
SUSHY_EMULATOR_AUTH_FILE = '%s'
SUSHY_EMULATOR_FAKE_SYSTEMS = [
%s]
`, dir, users, strings.Join(systems, ",\n"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	program := filepath.Join(c.options.Bin, "..", "tools", "sushy", "bin", "sushy-emulator")
	c.Emulator = process("sushy-emulator", program, "--config", config, "--port", port(c.addresses.emulator),
		"--ssl-certificate", c.pki.file("server.crt"), "--ssl-key", c.pki.file("server.key"))
	return nil
}

// EmulatorURL is the address of the emulator, as of a management controller that speaks for many systems.
func (c *Cluster) EmulatorURL() string { return "https://" + c.addresses.emulator }

// SystemURL is where the emulator shows a node's machine.
func (c *Cluster) SystemURL(node double.NodeSpec) string {
	return c.EmulatorURL() + "/redfish/v1/Systems/" + node.UUID
}

// AskEmulator something, as one who may; what it answers if it is content.
func (c *Cluster) AskEmulator(ctx context.Context, method, path, body string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.EmulatorURL()+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(EmulatorUser, EmulatorPassword)
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.trusting().Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	return string(text), err
}
