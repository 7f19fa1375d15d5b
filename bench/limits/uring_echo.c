// An echo server with one thread and one ring: what completion can reach. A
// connection is always in exactly one operation, receive or send, with its own
// buffer. No liburing: the three system calls and two rings are all there is.
#define _GNU_SOURCE
#include "report.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ENTRIES 4096
#define MAXFD 65536

enum { ACCEPT, RECV, SEND };

static struct {
	int fd;
	unsigned *sq_tail, *sq_mask, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned queued; // not yet given to the kernel
} ring;

static char *buffers[MAXFD];

static void *map(size_t size, off_t what) {
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);
	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void ring_init(void) {
	// COOP_TASKRUN: completions are posted when this thread enters the kernel
	// anyway, and do not interrupt it.
	struct io_uring_params p = {
		.flags = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQSIZE,
		.cq_entries = 2 * ENTRIES,
	};
	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (ring.fd < 0)
		die("io_uring_setup");
	char *sq = map(p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	char *cq = map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring.sqes = map(p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.sq_tail = (void *)(sq + p.sq_off.tail);
	ring.sq_mask = (void *)(sq + p.sq_off.ring_mask);
	ring.cq_head = (void *)(cq + p.cq_off.head);
	ring.cq_tail = (void *)(cq + p.cq_off.tail);
	ring.cq_mask = (void *)(cq + p.cq_off.ring_mask);
	ring.cqes = (void *)(cq + p.cq_off.cqes);
	unsigned *array = (void *)(sq + p.sq_off.array);
	for (unsigned i = 0; i < p.sq_entries; i++)
		array[i] = i; // slot i is always entry i
}

// enter submits what is queued and waits for that many completions.
static void enter(unsigned wait) {
	int n = syscall(SYS_io_uring_enter, ring.fd, ring.queued, wait, IORING_ENTER_GETEVENTS, NULL, 0);
	if (n >= 0)
		ring.queued -= n;
	else if (errno != EINTR && errno != EBUSY)
		die("io_uring_enter");
}

static void submit(int op, int fd, unsigned len) {
	while (ring.queued == ENTRIES)
		enter(0);
	struct io_uring_sqe *s = &ring.sqes[*ring.sq_tail & *ring.sq_mask];
	memset(s, 0, sizeof *s);
	s->fd = fd;
	s->user_data = (unsigned long long)fd << 2 | op;
	switch (op) {
	case ACCEPT:
		s->opcode = IORING_OP_ACCEPT;
		s->ioprio = IORING_ACCEPT_MULTISHOT;
		s->accept_flags = SOCK_CLOEXEC;
		break;
	case RECV:
		s->opcode = IORING_OP_RECV;
		s->addr = (unsigned long)buffers[fd];
		s->len = BUF;
		break;
	case SEND:
		s->opcode = IORING_OP_SEND;
		s->addr = (unsigned long)buffers[fd];
		s->len = len;
		s->msg_flags = MSG_NOSIGNAL;
		break;
	}
	__atomic_store_n(ring.sq_tail, *ring.sq_tail + 1, __ATOMIC_RELEASE);
	ring.queued++;
}

static void end(int fd) {
	free(buffers[fd]);
	buffers[fd] = NULL;
	close(fd);
}

static void complete(int op, int fd, int res, unsigned flags) {
	switch (op) {
	case ACCEPT:
		if (!(flags & IORING_CQE_F_MORE))
			submit(ACCEPT, fd, 0);
		if (res < 0 || res >= MAXFD)
			break;
		no_delay(res);
		if (!(buffers[res] = malloc(BUF)))
			die("malloc");
		submit(RECV, res, 0);
		break;
	case RECV:
		if (res <= 0)
			end(fd);
		else
			submit(SEND, fd, res);
		break;
	case SEND:
		if (res < 0) {
			end(fd);
			break;
		}
		bytes_done += res;
		submit(RECV, fd, 0);
		break;
	}
}

int main(void) {
	ring_init();
	submit(ACCEPT, listen_on_loopback(0), 0);
	for (;;) {
		enter(1);
		unsigned head = *ring.cq_head;
		unsigned tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
		for (; head != tail; head++) {
			struct io_uring_cqe *c = &ring.cqes[head & *ring.cq_mask];
			complete(c->user_data & 3, c->user_data >> 2, c->res, c->flags);
		}
		__atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
	}
}
