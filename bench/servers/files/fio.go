//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
)

// fioRate returns how many blocks a second fio reads of the file name at random, by
// one ring with so many reads in flight: what the disk gives to who does nothing else. It
// is 0 without an error where there is no fio.
func fioRate(name string, depth int) (float64, error) {
	fio, err := exec.LookPath("fio")
	if err != nil {
		return 0, nil
	}
	out, err := exec.Command(fio, "--name=r", "--filename="+name, "--rw=randread", fmt.Sprint("--bs=", block), "--direct=1",
		"--ioengine=io_uring", fmt.Sprint("--iodepth=", depth), "--time_based", fmt.Sprint("--runtime=", length), "--output-format=json").Output()
	if err != nil {
		return 0, fmt.Errorf("fio: %w", err)
	}
	var v struct {
		Jobs []struct{ Read struct{ IOPS float64 } }
	}
	if err := json.Unmarshal(out, &v); err != nil {
		return 0, fmt.Errorf("fio: %w", err)
	}
	if len(v.Jobs) == 0 || v.Jobs[0].Read.IOPS == 0 {
		return 0, errors.New("fio has read nothing")
	}
	return v.Jobs[0].Read.IOPS, nil
}
