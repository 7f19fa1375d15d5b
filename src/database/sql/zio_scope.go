// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package sql

import (
	"context"
	"internal/poll"
)

// zioScoped returns a context that is canceled with ctx, and with the scope of package
// zio that the goroutine is in. The caller defers done, with its error.
func zioScoped(ctx context.Context) (_ context.Context, done func(err *error)) {
	scoped, end := poll.ScopeContext(ctx)
	return scoped, func(err *error) {
		if cause := end(); cause != nil && *err == context.Canceled && ctx.Err() == nil {
			*err = cause
		}
	}
}
