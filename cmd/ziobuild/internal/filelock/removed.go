package filelock

import "errors"

// ErrRemoved is in the error of [Acquire] where the file was removed while it was
// waited for: the lock on it would not keep out who makes the file anew.
var ErrRemoved = errors.New("the file was removed")
