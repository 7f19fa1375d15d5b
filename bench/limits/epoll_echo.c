// An echo server with one thread and epoll: what readiness can reach.
#define _GNU_SOURCE
#include "report.h"
#include <sys/epoll.h>

static void watch(int ep, int fd) {
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl");
}

static void accept_all(int ep, int l) {
	int fd;
	while ((fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		no_delay(fd);
		watch(ep, fd);
	}
}

int main(void) {
	static char buf[BUF];
	static struct epoll_event events[256];
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int l = listen_on_loopback(SOCK_NONBLOCK);
	watch(ep, l);
	for (;;) {
		int n = epoll_wait(ep, events, 256, -1);
		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == l) {
				accept_all(ep, l);
				continue;
			}
			ssize_t r = read(fd, buf, sizeof buf);
			if (r < 0 && errno == EAGAIN)
				continue;
			// A reply of one window always fits into the socket's buffer.
			if (r <= 0 || write(fd, buf, r) != r)
				close(fd);
			else
				bytes_done += r;
		}
	}
}
