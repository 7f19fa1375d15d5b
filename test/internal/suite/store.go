package suite

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Load adds the results that an earlier run saved in file, as far as they are
// from the same toolchains. A file that is not there holds none.
func (rp *Report) Load(file string, sides []*Side) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var old Report
	if err := json.Unmarshal(data, &old); err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, s := range sides {
		ids[s.ID()] = true
	}
	for _, r := range old.Results {
		if ids[r.Toolchain] {
			rp.Results = append(rp.Results, r)
		}
	}
	return nil
}

// Save writes the report to file, which is never seen half-written.
func (rp *Report) Save(file string) error {
	data, err := json.MarshalIndent(rp, "", "\t")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(append(data, '\n'))
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
