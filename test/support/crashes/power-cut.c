/*
 * What a process does to the files below one folder, written down in the order in which it happened, so that a power cut
 * can be played at any place of it (power-cut.ts). Loaded with LD_PRELOAD into node and into every git that it starts.
 *
 * POWER_CUT_ROOT is that folder, POWER_CUT_JOURNAL the file outside of it that the records are appended to. With
 * POWER_CUT_DIE_IN_SYNC the process kills itself in its first sync of a file once the journal has so many bytes: a disk
 * takes its time, so that is where most kills come, and what was written for that sync is not kept. A lock over
 * all threads and processes is held around each call and its record, so the journal's order is the order of effects.
 * Syncs are recorded and not done: whatever they would have kept is kept by whoever plays the cut. Files are known by
 * their inode numbers, names by their paths. What cannot be followed (a shared writable mapping, a copy inside the
 * kernel) is recorded as such, and the test fails on it rather than be wrong.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Macros of stdio.h where it is optimised. */
#undef fwrite_unlocked
#undef fflush_unlocked

#define PUBLIC __attribute__((visibility("default")))

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, UNLINK, MKDIR, RMDIR, LINK, SYMLINK, STRANGE };

struct header {
	uint32_t kind;
	uint32_t pid;
	uint64_t inode;
	uint64_t offset;
	uint32_t first_bytes;
	uint32_t second_bytes;
};

/* Streams of stdio write past us inside libc; what they added is read back from the file. */
struct stream {
	int is_open;
	off_t known;
};

enum { descriptors_max = 4096, journal_descriptor_min = 200 };

static const char *root;
static size_t root_bytes;
static const char *journal_path;
static off_t die_in_sync = -1;
static int journal = -1;
static pid_t journal_owner;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct stream streams[descriptors_max];
static FILE *(*real_fopen)(const char *, const char *);
static FILE *(*real_fdopen)(int, const char *);
static int (*real_fclose)(FILE *);
static int (*real_fflush)(FILE *);
static size_t (*real_fwrite)(const void *, size_t, size_t, FILE *);

/* Other libraries' constructors may come to us before our own has run. */
__attribute__((constructor)) static void begin(void) {
	if (real_fwrite) return;
	real_fopen = dlsym(RTLD_NEXT, "fopen64");
	real_fdopen = dlsym(RTLD_NEXT, "fdopen");
	real_fclose = dlsym(RTLD_NEXT, "fclose");
	real_fflush = dlsym(RTLD_NEXT, "fflush");
	real_fwrite = dlsym(RTLD_NEXT, "fwrite");
	journal_path = getenv("POWER_CUT_JOURNAL");
	root = journal_path ? getenv("POWER_CUT_ROOT") : NULL;
	if (getenv("POWER_CUT_DIE_IN_SYNC")) die_in_sync = atoll(getenv("POWER_CUT_DIE_IN_SYNC"));
	if (root) root_bytes = strlen(root);
}

/* A child that was forked shares its parent's open file, and so its parent's lock: it opens one of its own. */
static void enter(void) {
	pthread_mutex_lock(&mutex);
	if (journal_owner != getpid()) {
		int low = syscall(SYS_openat, AT_FDCWD, journal_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		journal = fcntl(low, F_DUPFD_CLOEXEC, journal_descriptor_min);
		syscall(SYS_close, low);
		journal_owner = getpid();
		if (journal < 0) abort();
	}
	while (flock(journal, LOCK_EX) != 0) {
		if (errno != EINTR) abort();
	}
}

static void leave(void) {
	flock(journal, LOCK_UN);
	pthread_mutex_unlock(&mutex);
}

static void record(int kind, uint64_t inode, uint64_t offset, const void *first, size_t first_bytes, const char *second) {
	struct header header = {kind, getpid(), inode, offset, first_bytes, second ? strlen(second) : 0};
	struct iovec parts[3] = {{&header, sizeof header}, {(void *)first, first_bytes}, {(void *)second, header.second_bytes}};
	size_t all = sizeof header + first_bytes + header.second_bytes;
	if (syscall(SYS_writev, journal, parts, 3) != (long)all) abort();
}

static void record_path(int kind, uint64_t inode, const char *path, const char *second) {
	record(kind, inode, 0, path, strlen(path), second);
}

static int is_below(const char *path) {
	return root && strncmp(path, root, root_bytes) == 0 && (path[root_bytes] == '/' || path[root_bytes] == 0);
}

/* Writes the absolute path and answers whether it is ours to follow. */
static int resolve(int folder, const char *path, char *absolute) {
	if (!root || !path) return 0;
	if (path[0] == '/') {
		if (strlen(path) >= PATH_MAX) return 0;
		strcpy(absolute, path);
		return is_below(absolute);
	}
	ssize_t length;
	if (folder == AT_FDCWD) {
		length = syscall(SYS_getcwd, absolute, PATH_MAX) - 1;
	} else {
		char link[64];
		snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
		length = readlink(link, absolute, PATH_MAX - 1);
	}
	if (length < 0 || length + strlen(path) + 2 > PATH_MAX) return 0;
	absolute[length] = '/';
	strcpy(absolute + length + 1, path);
	return is_below(absolute);
}

/* Whether this descriptor is a file (or folder) below the root. */
static int follows(int descriptor, struct stat *found, char *absolute) {
	if (!root || fstat(descriptor, found) != 0) return 0;
	if (!S_ISREG(found->st_mode) && !S_ISDIR(found->st_mode)) return 0;
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	ssize_t length = readlink(link, absolute, PATH_MAX - 1);
	if (length < 0) return 0;
	absolute[length] = 0;
	return is_below(absolute);
}

static uint64_t inode_of(const char *path) {
	struct stat found;
	return lstat(path, &found) == 0 ? found.st_ino : 0;
}

/* ---- opening ---- */

static int open_file(int folder, const char *path, int flags, mode_t mode) {
	char absolute[PATH_MAX];
	int makes = flags & (O_CREAT | O_TRUNC) || (flags & O_TMPFILE) == O_TMPFILE;
	if (!makes || !resolve(folder, path, absolute)) return syscall(SYS_openat, folder, path, flags, mode);
	enter();
	struct stat found;
	int existed = stat(absolute, &found) == 0;
	int descriptor = syscall(SYS_openat, folder, path, flags, mode);
	int error = errno;
	if (descriptor >= 0) {
		fstat(descriptor, &found);
		if ((flags & O_TMPFILE) == O_TMPFILE) record_path(STRANGE, found.st_ino, absolute, "O_TMPFILE");
		else if (!existed) record_path(CREATE, found.st_ino, absolute, NULL);
		else if (flags & O_TRUNC && S_ISREG(found.st_mode)) record(TRUNCATE, found.st_ino, 0, NULL, 0, NULL);
	}
	leave();
	errno = error;
	return descriptor;
}

static mode_t mode_of(int flags, va_list rest) {
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                           \
	PUBLIC int name(const char *path, int flags, ...) {        \
		va_list rest;                                            \
		va_start(rest, flags);                                   \
		int opened = open_file(AT_FDCWD, path, flags, mode_of(flags, rest)); \
		va_end(rest);                                            \
		return opened;                                           \
	}
#define OPEN_AT(name)                                        \
	PUBLIC int name(int folder, const char *path, int flags, ...) { \
		va_list rest;                                            \
		va_start(rest, flags);                                   \
		int opened = open_file(folder, path, flags, mode_of(flags, rest)); \
		va_end(rest);                                            \
		return opened;                                           \
	}
OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)
PUBLIC int creat(const char *path, mode_t mode) { return open_file(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* ---- writing ---- */

static void note_written(int descriptor, uint64_t inode, uint64_t offset, const struct iovec *parts, int count, size_t bytes) {
	(void)descriptor;
	for (int part = 0; part < count && bytes > 0; part++) {
		size_t of_part = parts[part].iov_len < bytes ? parts[part].iov_len : bytes;
		if (of_part > 0) record(WRITE, inode, offset, parts[part].iov_base, of_part, NULL);
		offset += of_part;
		bytes -= of_part;
	}
}

static ssize_t write_parts(int descriptor, const struct iovec *parts, int count, off_t offset) {
	struct stat found;
	char absolute[PATH_MAX];
	int is_ours = follows(descriptor, &found, absolute);
	if (is_ours) enter();
	ssize_t written = offset < 0 ? syscall(SYS_writev, descriptor, parts, count)
	                             : syscall(SYS_pwritev, descriptor, parts, count, (unsigned long)offset, 0ul);
	int error = errno;
	if (is_ours && written > 0) {
		uint64_t at = offset < 0 ? (uint64_t)syscall(SYS_lseek, descriptor, 0, SEEK_CUR) - written : (uint64_t)offset;
		note_written(descriptor, found.st_ino, at, parts, count, written);
	}
	if (is_ours) leave();
	errno = error;
	return written;
}

PUBLIC ssize_t write(int descriptor, const void *bytes, size_t length) {
	struct iovec part = {(void *)bytes, length};
	return write_parts(descriptor, &part, 1, -1);
}
PUBLIC ssize_t writev(int descriptor, const struct iovec *parts, int count) { return write_parts(descriptor, parts, count, -1); }
PUBLIC ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
	struct iovec part = {(void *)bytes, length};
	return write_parts(descriptor, &part, 1, offset);
}
PUBLIC ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
	return pwrite(descriptor, bytes, length, offset);
}
PUBLIC ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
	return write_parts(descriptor, parts, count, offset);
}
PUBLIC ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t offset) {
	return write_parts(descriptor, parts, count, offset);
}

PUBLIC int ftruncate(int descriptor, off_t length) {
	struct stat found;
	char absolute[PATH_MAX];
	if (!follows(descriptor, &found, absolute)) return syscall(SYS_ftruncate, descriptor, length);
	enter();
	int result = syscall(SYS_ftruncate, descriptor, length);
	int error = errno;
	if (result == 0) record(TRUNCATE, found.st_ino, length, NULL, 0, NULL);
	leave();
	errno = error;
	return result;
}
PUBLIC int ftruncate64(int descriptor, off64_t length) { return ftruncate(descriptor, length); }

PUBLIC int truncate(const char *path, off_t length) {
	char absolute[PATH_MAX];
	if (!resolve(AT_FDCWD, path, absolute)) return syscall(SYS_truncate, path, length);
	enter();
	int result = syscall(SYS_truncate, path, length);
	int error = errno;
	if (result == 0) record(TRUNCATE, inode_of(absolute), length, NULL, 0, NULL);
	leave();
	errno = error;
	return result;
}
PUBLIC int truncate64(const char *path, off64_t length) { return truncate(path, length); }

/* ---- streams of stdio ---- */

static void catch_up(int descriptor) {
	struct stream *stream = &streams[descriptor];
	struct stat found;
	if (fstat(descriptor, &found) != 0 || found.st_size <= stream->known) return;
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	int reader = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
	if (reader < 0) abort();
	char piece[65536];
	while (stream->known < found.st_size) {
		ssize_t bytes = pread(reader, piece, sizeof piece, stream->known);
		if (bytes <= 0) break;
		record(WRITE, found.st_ino, stream->known, piece, bytes, NULL);
		stream->known += bytes;
	}
	syscall(SYS_close, reader);
}

static int is_followed(FILE *file) {
	int descriptor = root && file ? fileno(file) : -1;
	return descriptor >= 0 && descriptor < descriptors_max && streams[descriptor].is_open;
}

static void follow(FILE *file, off_t known) {
	int descriptor = fileno(file);
	if (descriptor >= descriptors_max) abort();
	streams[descriptor] = (struct stream){1, known};
}

static FILE *open_stream(const char *path, const char *mode) {
	char absolute[PATH_MAX];
	begin();
	if (mode[0] == 'r' && !strchr(mode, '+')) return real_fopen(path, mode);
	if (!resolve(AT_FDCWD, path, absolute)) return real_fopen(path, mode);
	enter();
	struct stat found;
	int existed = stat(absolute, &found) == 0;
	FILE *file = real_fopen(path, mode);
	int error = errno;
	if (file) {
		fstat(fileno(file), &found);
		if (!existed) record_path(CREATE, found.st_ino, absolute, NULL);
		else if (mode[0] == 'w') record(TRUNCATE, found.st_ino, 0, NULL, 0, NULL);
		follow(file, found.st_size);
	}
	leave();
	errno = error;
	return file;
}
PUBLIC FILE *fopen(const char *path, const char *mode) { return open_stream(path, mode); }
PUBLIC FILE *fopen64(const char *path, const char *mode) { return open_stream(path, mode); }

PUBLIC FILE *fdopen(int descriptor, const char *mode) {
	struct stat found;
	char absolute[PATH_MAX];
	begin();
	FILE *file = real_fdopen(descriptor, mode);
	int writes = mode[0] != 'r' || strchr(mode, '+');
	if (file && writes && follows(descriptor, &found, absolute)) follow(file, found.st_size);
	return file;
}

PUBLIC size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file) {
	begin();
	if (!is_followed(file)) return real_fwrite(bytes, size, count, file);
	enter();
	size_t written = real_fwrite(bytes, size, count, file);
	catch_up(fileno(file));
	leave();
	return written;
}
PUBLIC size_t fwrite_unlocked(const void *bytes, size_t size, size_t count, FILE *file) {
	return fwrite(bytes, size, count, file);
}

PUBLIC int fflush(FILE *file) {
	begin();
	if (!is_followed(file)) return real_fflush(file);
	enter();
	int result = real_fflush(file);
	catch_up(fileno(file));
	leave();
	return result;
}
PUBLIC int fflush_unlocked(FILE *file) { return fflush(file); }

PUBLIC int fclose(FILE *file) {
	begin();
	if (is_followed(file)) {
		fflush(file);
		streams[fileno(file)].is_open = 0;
	}
	return real_fclose(file);
}

/* ---- syncing ---- */

static void die_when_it_is_time(void) {
	struct stat found;
	if (die_in_sync >= 0 && fstat(journal, &found) == 0 && found.st_size >= die_in_sync) raise(SIGKILL);
}

static int sync_file(int descriptor) {
	struct stat found;
	char absolute[PATH_MAX];
	if (!follows(descriptor, &found, absolute)) return syscall(SYS_fsync, descriptor);
	enter();
	if (descriptor < descriptors_max && streams[descriptor].is_open) catch_up(descriptor);
	if (S_ISDIR(found.st_mode)) record_path(SYNC_FOLDER, found.st_ino, absolute, NULL);
	else {
		die_when_it_is_time();
		record(SYNC, found.st_ino, 0, NULL, 0, NULL);
	}
	leave();
	return 0;
}
PUBLIC int fsync(int descriptor) { return sync_file(descriptor); }
PUBLIC int fdatasync(int descriptor) { return sync_file(descriptor); }

/* ---- names ---- */

static int rename_at(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
	char source[PATH_MAX], target[PATH_MAX];
	int is_ours = resolve(from_folder, from, source);
	is_ours = resolve(to_folder, to, target) || is_ours;
	if (is_ours) enter();
	int result = syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
	int error = errno;
	if (is_ours) {
		if (result == 0) record_path(flags ? STRANGE : RENAME, 0, source, target);
		leave();
	}
	errno = error;
	return result;
}
PUBLIC int rename(const char *from, const char *to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
PUBLIC int renameat(int a, const char *from, int b, const char *to) { return rename_at(a, from, b, to, 0); }
PUBLIC int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return rename_at(a, from, b, to, flags); }

static int unlink_at(int folder, const char *path, int flags) {
	char absolute[PATH_MAX];
	int is_ours = resolve(folder, path, absolute);
	if (is_ours) enter();
	int result = syscall(SYS_unlinkat, folder, path, flags);
	int error = errno;
	if (is_ours) {
		if (result == 0) record_path(flags & AT_REMOVEDIR ? RMDIR : UNLINK, 0, absolute, NULL);
		leave();
	}
	errno = error;
	return result;
}
PUBLIC int unlink(const char *path) { return unlink_at(AT_FDCWD, path, 0); }
PUBLIC int rmdir(const char *path) { return unlink_at(AT_FDCWD, path, AT_REMOVEDIR); }
PUBLIC int unlinkat(int folder, const char *path, int flags) { return unlink_at(folder, path, flags); }
PUBLIC int remove(const char *path) {
	int result = unlink_at(AT_FDCWD, path, 0);
	return result != 0 && (errno == EISDIR || errno == EPERM) ? unlink_at(AT_FDCWD, path, AT_REMOVEDIR) : result;
}

PUBLIC int mkdirat(int folder, const char *path, mode_t mode) {
	char absolute[PATH_MAX];
	int is_ours = resolve(folder, path, absolute);
	if (is_ours) enter();
	int result = syscall(SYS_mkdirat, folder, path, mode);
	int error = errno;
	if (is_ours) {
		if (result == 0) record_path(MKDIR, inode_of(absolute), absolute, NULL);
		leave();
	}
	errno = error;
	return result;
}
PUBLIC int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* The library's own makes the folder by a call that nobody sees. */
PUBLIC char *mkdtemp(char *name) {
	size_t length = strlen(name);
	if (length < 6 || strcmp(name + length - 6, "XXXXXX") != 0) {
		errno = EINVAL;
		return NULL;
	}
	for (unsigned try = 0; try < 1000; try++) {
		char own[7];
		snprintf(own, sizeof own, "%03x%03x", (unsigned)getpid() & 0xfff, try & 0xfff);
		memcpy(name + length - 6, own, 6);
		if (mkdir(name, 0700) == 0) return name;
		if (errno != EEXIST) return NULL;
	}
	return NULL;
}

PUBLIC int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
	char source[PATH_MAX], target[PATH_MAX];
	int is_ours = resolve(to_folder, to, target);
	is_ours = resolve(from_folder, from, source) || is_ours;
	if (is_ours) enter();
	int result = syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
	int error = errno;
	if (is_ours) {
		if (result == 0) record_path(LINK, inode_of(target), source, target);
		leave();
	}
	errno = error;
	return result;
}
PUBLIC int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

PUBLIC int symlinkat(const char *aim, int folder, const char *path) {
	char absolute[PATH_MAX];
	int is_ours = resolve(folder, path, absolute);
	if (is_ours) enter();
	int result = syscall(SYS_symlinkat, aim, folder, path);
	int error = errno;
	if (is_ours) {
		if (result == 0) record_path(SYMLINK, inode_of(absolute), aim, absolute);
		leave();
	}
	errno = error;
	return result;
}
PUBLIC int symlink(const char *aim, const char *path) { return symlinkat(aim, AT_FDCWD, path); }

/* ---- which file system it is ---- */

/* The one that promises least: programs that rely on more where there is more are tested without it. */
enum { btrfs = 0x9123683e };

PUBLIC int statfs(const char *path, struct statfs *found) {
	char absolute[PATH_MAX];
	int result = syscall(SYS_statfs, path, found);
	if (result == 0 && resolve(AT_FDCWD, path, absolute)) found->f_type = btrfs;
	return result;
}
PUBLIC int statfs64(const char *path, struct statfs64 *found) { return statfs(path, (struct statfs *)found); }

/* ---- what cannot be followed ---- */

static void strange(int descriptor, const char *what) {
	struct stat found;
	char absolute[PATH_MAX];
	if (descriptor < 0 || !follows(descriptor, &found, absolute)) return;
	enter();
	record_path(STRANGE, found.st_ino, absolute, what);
	leave();
}

PUBLIC void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
	if (descriptor >= 0 && protection & PROT_WRITE && (flags & MAP_TYPE) != MAP_PRIVATE) strange(descriptor, "mmap");
	return (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
}
PUBLIC void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t offset) {
	return mmap(address, length, protection, flags, descriptor, offset);
}
PUBLIC int fallocate(int descriptor, int mode, off_t offset, off_t length) {
	strange(descriptor, "fallocate");
	return syscall(SYS_fallocate, descriptor, mode, offset, length);
}
PUBLIC ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
	strange(out, "sendfile");
	return syscall(SYS_sendfile, out, in, offset, count);
}
PUBLIC ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) { return sendfile(out, in, (off_t *)offset, count); }
PUBLIC ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags) {
	strange(out, "copy_file_range");
	return syscall(SYS_copy_file_range, in, from, out, to, length, flags);
}
