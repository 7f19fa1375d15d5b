// What both limit servers share: the listening socket, the line that says
// where it is, and the line at SIGTERM with what the process has used. The
// lines are those of bench/internal/wire.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MSG 64         // bytes of a message, for the count
#define BUF (64 << 10) // bytes of a read buffer

static volatile long long bytes_done;

static void die(const char *what) {
	perror(what);
	exit(1);
}

// A signal handler, but the only thread is in a system call or between two
// simple statements, and the process ends here.
static void finish(int sig) {
	(void)sig;
	struct rusage r;
	char line[512];
	getrusage(RUSAGE_SELF, &r);
	int n = snprintf(line, sizeof line,
		"{\"user\":%ld.%06ld,\"sys\":%ld.%06ld,\"maxrss\":%ld,\"vcsw\":%ld,"
		"\"ivcsw\":%ld,\"threads\":1,\"messages\":%lld}\n",
		r.ru_utime.tv_sec, r.ru_utime.tv_usec, r.ru_stime.tv_sec, r.ru_stime.tv_usec,
		r.ru_maxrss, r.ru_nvcsw, r.ru_nivcsw, bytes_done / MSG);
	_exit(write(1, line, n) == n ? 0 : 1);
}

// listen_on_loopback opens a port of the kernel's choice and announces it.
static int listen_on_loopback(int flags) {
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (l < 0 || bind(l, (void *)&a, sizeof a) < 0 || listen(l, 4096) < 0 ||
	    getsockname(l, (void *)&a, &len) < 0)
		die("listen");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, finish);
	printf("{\"listen\":\"127.0.0.1:%d\"}\n", ntohs(a.sin_port));
	fflush(stdout);
	return l;
}

static void no_delay(int fd) {
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}
