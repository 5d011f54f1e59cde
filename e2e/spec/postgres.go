package spec

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// PostgreSQL is a ledger in a database of a server of its own, which ends with the scenario. Its Stop and Start are a server's that
// is restarted.
type PostgreSQL struct {
	*Ledger
	folder string
}

func (s *Scenario) PostgreSQL() *PostgreSQL {
	s.T.Helper()
	folder, err := os.MkdirTemp("", "drover-pg-") // its socket's path must be short
	s.must(err)
	p := &PostgreSQL{folder: folder}
	p.Ledger = &Ledger{s, "host=" + folder + " user=drover dbname=ledger", func(query string) ([]byte, error) {
		return p.run("psql", "-X", "-A", "-t", "-h", folder, "-U", "drover", "-d", "ledger", "-c",
			"SELECT COALESCE(json_agg(json_build_array(node, state, source, class, from_ns, until_ns, joules)), '[]') FROM ("+query+") AS rows")
	}}
	s.T.Cleanup(func() {
		p.Stop()
		os.RemoveAll(folder)
	})
	s.must(os.Chmod(folder, 0o755))
	if os.Geteuid() == 0 { // whom initdb refuses
		_, err := output("chown", "postgres", folder)
		s.must(err)
	}
	_, err = p.run("initdb", "--no-sync", "--auth=trust", "--username=drover", "--encoding=UTF8", "--locale=C", folder+"/data")
	s.must(err)
	p.Start()
	_, err = p.run("psql", "-X", "-q", "-h", folder, "-U", "drover", "-d", "postgres", "-c", "CREATE DATABASE ledger")
	s.must(err)
	return p
}

func (p *PostgreSQL) Start() {
	p.s.T.Helper()
	_, err := p.run("pg_ctl", "start", "-w", "-s", "-D", p.folder+"/data", "-l", p.folder+"/data/log", "-o", "-k "+p.folder+" -c listen_addresses=")
	p.s.must(err)
}

// Stop it, if it runs, as a crash does.
func (p *PostgreSQL) Stop() {
	_, _ = p.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", p.folder+"/data")
}

func (p *PostgreSQL) run(name string, args ...string) ([]byte, error) {
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(programs) == 0 {
		return nil, fmt.Errorf("%s is missing: scripts/install puts it in place", name)
	}
	line := append([]string{programs[len(programs)-1]}, args...)
	if os.Geteuid() == 0 {
		line = append([]string{"runuser", "-u", "postgres", "--"}, line...)
	}
	command := exec.Command(line[0], line[1:]...)
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.CreateTemp("", "drover-pg-*.log") // a pipe would stay open with the server that inherits it
	if err != nil {
		return nil, err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	failed := command.Run()
	said, err := os.ReadFile(log.Name())
	if failed != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, failed, said)
	}
	return said, err
}
