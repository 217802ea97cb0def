package wire

import "testing"

// What does it cost to write text as JSON: an id, and a remark in Chinese?
func BenchmarkAppendString(b *testing.B) {
	for name, s := range map[string]string{"ascii": "user-00042-of-the-lounge", "chinese": "你好，今天晚上七点见"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = AppendString(dst[:0], s)
			}
		})
	}
}
