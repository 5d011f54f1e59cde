package spec

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"drover.dev/drover/e2e/cluster"
)

// PostgreSQL is a ledger in a database of a server of its own, which ends with the scenario. Its Stop and Start are a server's that
// is restarted.
type PostgreSQL struct {
	*Ledger
	folder string
	server *cluster.Process
}

func (s *Scenario) PostgreSQL() *PostgreSQL {
	s.T.Helper()
	folder, err := os.MkdirTemp("", "drover-pg-") // its socket's path must be short
	s.must(err)
	p := &PostgreSQL{folder: folder}
	line, err := serverLine("-D", folder+"/data", "-k", folder, "-c", "listen_addresses=")
	s.must(err)
	p.server = &cluster.Process{Name: "postgres", Path: line[0], Args: line[1:], Log: filepath.Join(s.Dir, "logs", "postgres.log")}
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
	p.s.must(p.server.Start())
	p.s.Eventually("PostgreSQL takes connections", usual, func() error {
		if !p.server.Running() {
			p.s.T.Fatalf("PostgreSQL ended with %v:\n%s", p.server.Result(), tail(p.server.Output(), 20))
		}
		_, err := p.run("pg_isready", "-q", "-h", p.folder, "-d", "postgres", "-U", "drover")
		return err
	})
}

// Stop it, if it runs, as a crash does.
func (p *PostgreSQL) Stop() {
	_, _ = p.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", p.folder+"/data")
	p.server.Kill() // if it did not heed that
}

// serverLine runs the server in the foreground, in a folder that its user may enter. Who changes its user loses the signal that it gets
// when its parent dies, and so asks for it again; that needs one process, where runuser would have two.
func serverLine(args ...string) ([]string, error) {
	program, err := programOf("postgres")
	line := []string{"/usr/bin/env", "--chdir=/"}
	if os.Geteuid() == 0 {
		line = append(line, "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig", "KILL", "--")
	}
	return append(append(line, program), args...), err
}

func programOf(name string) (string, error) {
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(programs) == 0 {
		return "", fmt.Errorf("%s is missing: scripts/install puts it in place", name)
	}
	return programs[len(programs)-1], nil
}

func (p *PostgreSQL) run(name string, args ...string) ([]byte, error) {
	program, err := programOf(name)
	if err != nil {
		return nil, err
	}
	line := append([]string{program}, args...)
	if os.Geteuid() == 0 {
		line = append([]string{"runuser", "-u", "postgres", "--"}, line...)
	}
	command := exec.Command(line[0], line[1:]...)
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.CreateTemp("", "drover-pg-*.log")
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
