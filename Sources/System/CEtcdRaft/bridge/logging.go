package main

import (
	"fmt"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Lines wait here until Swift takes them, so that Go never calls into Swift.

const (
	levelDebug uint8 = iota
	levelInfo
	levelWarning
	levelError

	maximumLines = 1024
)

type line struct {
	level uint8
	node  uint64
	text  string
}

var lines struct {
	mutex   sync.Mutex
	waiting []line
	dropped uint64
}

func logLine(level uint8, node uint64, values ...interface{}) {
	lines.mutex.Lock()
	defer lines.mutex.Unlock()
	if level == levelDebug {
		return
	}
	if len(lines.waiting) >= maximumLines {
		lines.dropped++
		return
	}
	lines.waiting = append(lines.waiting, line{level, node, fmt.Sprint(values...)})
}

// The engine's own logger. What the engine calls fatal or panics about ends the call with a panic,
// which the bridge turns into a code.
type engineLogger struct{ node uint64 }

func (l engineLogger) Debug(v ...interface{})            {}
func (l engineLogger) Debugf(f string, v ...interface{}) {}
func (l engineLogger) Info(v ...interface{})             { logLine(levelInfo, l.node, v...) }
func (l engineLogger) Infof(f string, v ...interface{}) {
	logLine(levelInfo, l.node, fmt.Sprintf(f, v...))
}
func (l engineLogger) Warning(v ...interface{}) { logLine(levelWarning, l.node, v...) }
func (l engineLogger) Warningf(f string, v ...interface{}) {
	logLine(levelWarning, l.node, fmt.Sprintf(f, v...))
}
func (l engineLogger) Error(v ...interface{}) { logLine(levelError, l.node, v...) }
func (l engineLogger) Errorf(f string, v ...interface{}) {
	logLine(levelError, l.node, fmt.Sprintf(f, v...))
}
func (l engineLogger) Fatal(v ...interface{})            { panic(fmt.Sprint(v...)) }
func (l engineLogger) Fatalf(f string, v ...interface{}) { panic(fmt.Sprintf(f, v...)) }
func (l engineLogger) Panic(v ...interface{})            { panic(fmt.Sprint(v...)) }
func (l engineLogger) Panicf(f string, v ...interface{}) { panic(fmt.Sprintf(f, v...)) }

// The log on disk speaks through zap.
type diskLogs struct{ fields []zapcore.Field }

func diskLogger(node uint64) *zap.Logger {
	return zap.New(diskLogs{[]zapcore.Field{zap.Uint64("node", node)}})
}

func (d diskLogs) Enabled(level zapcore.Level) bool { return level >= zapcore.InfoLevel }

func (d diskLogs) With(fields []zapcore.Field) zapcore.Core {
	return diskLogs{append(append([]zapcore.Field{}, d.fields...), fields...)}
}

func (d diskLogs) Check(e zapcore.Entry, c *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if d.Enabled(e.Level) {
		return c.AddCore(e, d)
	}
	return c
}

func (d diskLogs) Write(e zapcore.Entry, fields []zapcore.Field) error {
	values := zapcore.NewMapObjectEncoder()
	for _, field := range append(append([]zapcore.Field{}, d.fields...), fields...) {
		field.AddTo(values)
	}
	node, _ := values.Fields["node"].(uint64)
	delete(values.Fields, "node")
	text := "wal: " + e.Message
	if len(values.Fields) > 0 {
		text += fmt.Sprint(" ", values.Fields)
	}
	level := levelInfo
	if e.Level >= zapcore.ErrorLevel {
		level = levelError
	} else if e.Level == zapcore.WarnLevel {
		level = levelWarning
	}
	logLine(level, node, text)
	return nil
}

func (d diskLogs) Sync() error { return nil }
